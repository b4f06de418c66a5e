import { type Principal, principalKey } from '../../access/principal.ts';
import type { CacheScope } from '../../config/index.ts';
import { canonicalJson } from '../../lib/index.ts';

/**
 * Who has a private answer in common with the caller.
 * @returns undefined for one whom nothing tells from others: private answers are not cached for them
 */
export function readerOf(scopeBy: CacheScope, principal: Principal): string | undefined {
  switch (scopeBy.kind) {
    case 'principal':
      return principal.kind === 'anonymous' ? undefined : principalKey(principal);
    case 'tenant':
      return principal.kind === 'anonymous' ? undefined : JSON.stringify(principal.tenant);
    case 'claim': {
      const value = principal.claims[scopeBy.name];
      return value === undefined || value === null ? undefined : canonicalJson(value);
    }
  }
}
