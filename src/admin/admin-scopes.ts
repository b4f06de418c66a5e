/** The scopes by which API keys may use the admin listener. */
import { publishScope } from '../registry/routes/index.ts';

export const readScope = 'admin:read';
export const writeScope = 'admin:write';
export const adminScopes: readonly string[] = [readScope, writeScope, publishScope];

/** Also of those that are narrower, such as `registry:publish:shop/products`. */
export function isAdminScope(scope: string): boolean {
  return adminScopes.includes(scope) || scope.startsWith(`${publishScope}:`);
}
