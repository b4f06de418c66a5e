/**
 * Tells clients what they use that is deprecated: by the headers `Deprecation` (RFC 9745) and `Sunset` (RFC 8594), with the date of whatever
 * ends first, and by `extensions.deprecations` where they ask for it (`isthmus-explain: deprecations`).
 */
import type { GraphQLSchema } from 'graphql';
import type { ExecutionOutcome } from '../../execution/index.ts';
import { type Deprecation, deprecatedCoordinates, operationDeprecations } from '../../usage/coordinates/index.ts';
import type { ValidatedOperation } from './validated-operations.ts';
import { withExtension } from './with-extension.ts';

type Header = readonly [name: string, value: string];

const noHeaders: readonly Header[] = [];

export class Deprecations {
  readonly #hasHeaders: boolean;
  readonly #headers = new WeakMap<readonly Deprecation[], readonly Header[]>();

  private constructor(hasHeaders: boolean) {
    this.#hasHeaders = hasHeaders;
  }

  /** @returns undefined where nothing of the schema is deprecated */
  static of(schema: GraphQLSchema, hasHeaders: boolean): Deprecations | undefined {
    return deprecatedCoordinates(schema).size === 0 ? undefined : new Deprecations(hasHeaders);
  }

  headersOf(validated: ValidatedOperation, variables: Readonly<Record<string, unknown>>): readonly Header[] {
    if (!this.#hasHeaders) return noHeaders;
    const used = operationDeprecations(validated, variables);
    if (used.length === 0) return noHeaders;
    const existing = this.#headers.get(used);
    if (existing !== undefined) return existing;
    const headers = headersFor(used);
    this.#headers.set(used, headers);
    return headers;
  }

  /** The answer with all that the operation uses, what ends first before the rest. */
  explain(
    outcome: ExecutionOutcome,
    validated: ValidatedOperation,
    variables: Readonly<Record<string, unknown>>,
  ): ExecutionOutcome {
    const used = operationDeprecations(validated, variables);
    const deprecations = used.toSorted((a, b) => (orderOf(a) < orderOf(b) ? -1 : 1));
    return withExtension(outcome, { deprecations });
  }
}

function headersFor(used: readonly Deprecation[]): readonly Header[] {
  const sunset = first(used.map(({ sunset: date }) => date));
  // The header must have a moment: where none is known, that of the epoch says that it has passed.
  const since = first(used.map(({ since: date }) => date)) ?? '1970-01-01';
  const headers: Header[] = [['deprecation', `@${Date.parse(since) / 1_000}`]];
  if (sunset !== undefined) headers.push(['sunset', new Date(sunset).toUTCString()]);
  return headers;
}

/** The earliest of the dates that there are. */
function first(dates: readonly (string | undefined)[]): string | undefined {
  return dates.filter((date) => date !== undefined).sort()[0];
}

const orderOf = ({ sunset = '9999', coordinate }: Deprecation): string => `${sunset} ${coordinate}`;
