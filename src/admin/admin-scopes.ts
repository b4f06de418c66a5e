/** The scopes by which API keys may use the admin listener. */

export const readScope = 'admin:read';
export const writeScope = 'admin:write';
/** For the registry alone: to read it, and to publish. */
export const publishScope = 'registry:publish';
export const adminScopes: readonly string[] = [readScope, writeScope, publishScope];
