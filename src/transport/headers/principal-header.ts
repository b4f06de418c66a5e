/**
 * What of a caller a header carries, such that no two callers are spelt alike: a value that a header would change (it ends
 * with a space, it holds a control character) is not sent, and so is a member of a list that would read as two.
 */
import type { Principal } from '../../access/principal.ts';
import type { PrincipalPart } from '../../config/index.ts';
import { unreachable } from '../../lib/index.ts';

/** @returns undefined where the caller has no such value, or none that a header can carry */
export function principalHeader(principal: Principal, from: PrincipalPart): string | undefined {
  switch (from.kind) {
    case 'id':
      return headerText(principal.id);
    case 'tenant':
      return headerText(principal.tenant);
    case 'scopes':
      return words(principal.scopes);
    case 'roles':
      return words(principal.roles);
    case 'claim':
      return claimText(claimAt(principal.claims, from.path));
    default:
      return unreachable(from);
  }
}

function claimAt(claims: Principal['claims'], path: readonly string[]): unknown {
  let value: unknown = claims;
  for (const name of path) {
    if (value === null || typeof value !== 'object' || !Object.hasOwn(value, name)) return undefined;
    value = (value as Readonly<Record<string, unknown>>)[name];
  }
  return value;
}

/** Objects are written as JSON; lists of texts and numbers as words. */
function claimText(value: unknown): string | undefined {
  if (typeof value === 'string') return headerText(value);
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (value === null || typeof value !== 'object') return undefined;
  if (Array.isArray(value) && value.every((item) => typeof item === 'string' || typeof item === 'number')) {
    return words(value.map(String));
  }
  return headerText(JSON.stringify(value));
}

/** Between spaces, as OAuth writes scopes. */
function words(list: readonly string[]): string | undefined {
  const text = list.filter((word) => !/[\s,]/.test(word)).join(' ');
  return text === '' ? undefined : headerText(text);
}

/** Other characters than ASCII are sent as UTF-8. */
function headerText(text: string): string | undefined {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  if (text === '' || /[\0-\x1f\x7f]/.test(text) || text !== text.trim()) return undefined;
  return Buffer.from(text, 'utf8').toString('latin1');
}
