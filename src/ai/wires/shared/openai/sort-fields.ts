/**
 * Classifies the top-level fields of a body: mapped, hints without effect on the answer, unmapped, or refused.
 *
 * Refused by name whatever the target is, because they would let a caller choose price, host or credentials, run tools,
 * or read data stored under the operator's account (as in CVE-2024-6587).
 */
import { InvalidField } from '../invalid-field.ts';
import type { Fields } from '../read-fields.ts';

/**
 * - `form`: read into the model-call form, or validated by the wire's reader
 * - `hint`: without effect on the answer, such as names and cache keys; forwarded to providers of the same wire,
 *   omitted and reported for others
 * - `refused`: never accepted
 */
export type FieldKind = 'form' | 'hint' | 'refused';

/** Fields of no wire that client libraries and other gateways read from a body. */
const refusedEverywhere: ReadonlySet<string> = new Set([
  'api_base',
  'api_key',
  'api_type',
  'api_version',
  'azure_endpoint',
  'base_url',
  'custom_llm_provider',
  'extra_body',
  'extra_headers',
  'extra_query',
  'fallbacks',
  'headers',
  'models',
  'organization',
  'plugins',
  'provider',
  'route',
  'web_search_options',
]);

/** Values that equal the default behaviour, of fields that clients always send. */
const neutral: ReadonlyMap<string, unknown> = new Map<string, unknown>([
  ['best_of', 1],
  ['echo', false],
  ['frequency_penalty', 0],
  ['logprobs', false],
  ['n', 1],
  ['presence_penalty', 0],
  ['repetition_penalty', 1],
  ['top_logprobs', 0],
]);

/** `{}` and `[]` have no effect, whatever the field is. */
function isEmpty(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return Array.isArray(value) ? value.length === 0 : Object.keys(value).length === 0;
}

export interface SortedFields {
  /** The names of the unmapped fields. */
  readonly unmapped: string[];
  /** The names of the hints. */
  readonly optional: string[];
}

/** @throws InvalidField for a refused one */
export function sortFields(body: Fields, fieldKinds: ReadonlyMap<string, FieldKind>): SortedFields {
  const unmapped: string[] = [];
  const optional: string[] = [];
  for (const name in body) {
    const value = body[name];
    const kind = fieldKinds.get(name);
    if (kind === 'form' || value === null || value === undefined) continue;
    if (kind === 'refused' || refusedEverywhere.has(name)) {
      throw new InvalidField(`\`${name}\` is not available on this gateway.`, name);
    }
    const changesNothing = kind === 'hint' || isEmpty(value) || neutral.get(name) === value;
    (changesNothing ? optional : unmapped).push(name);
  }
  return { unmapped, optional };
}

/** For spreading into a request. @param user the field read as the end user's id, which is not omitted */
export function optionalFields(optional: readonly string[], body: Fields, user: string | undefined) {
  const isUser = user !== undefined && user === body.safety_identifier;
  const optionalNames = isUser ? optional.filter((name) => name !== 'safety_identifier') : optional;
  return optionalNames.length === 0 ? {} : { optional: optionalNames };
}

export function knownFields(kinds: Readonly<Record<FieldKind, readonly string[]>>): ReadonlyMap<string, FieldKind> {
  const fieldKinds = new Map<string, FieldKind>();
  for (const name of kinds.form) fieldKinds.set(name, 'form');
  for (const name of kinds.hint) fieldKinds.set(name, 'hint');
  for (const name of kinds.refused) fieldKinds.set(name, 'refused');
  return fieldKinds;
}

/** The gateway stores nothing, and other service tiers have other prices. */
export function refuseStorageAndTiers(body: Fields, tiers: readonly string[]): void {
  if (body.store !== undefined && body.store !== null && body.store !== false) {
    throw new InvalidField('Nothing is stored on this gateway: `store` must be false or left out.', 'store');
  }
  const tier = body.service_tier;
  if (tier !== undefined && tier !== null && !(typeof tier === 'string' && tiers.includes(tier))) {
    throw new InvalidField(`\`service_tier\` can only be ${tiers.join(' or ')}.`, 'service_tier');
  }
}

/** A tool that the provider would run. */
export function refuseHostedTool(type: unknown, at: string): never {
  const typeName = typeof type === 'string' && /^[\w-]{1,64}$/.test(type) ? ` \`${type}\`` : '';
  throw new InvalidField(`Tools that a provider runs${typeName} are not available on this gateway.`, at);
}
