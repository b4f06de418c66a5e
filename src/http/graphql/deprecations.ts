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
  const since = first(used.map(({ since: date }) => date));
  const headers: Header[] = [['deprecation', since === undefined ? unknownSince : `@${Date.parse(since) / 1_000}`]];
  if (sunset !== undefined) headers.push(['sunset', new Date(sunset).toUTCString()]);
  return headers;
}

/** The headers of several operations that are one answer, as those of one operation that uses all of it. */
export function earliestDeprecation(deprecations: readonly string[], sunsets: readonly string[]): readonly Header[] {
  if (deprecations.length === 0) return noHeaders;
  const moments = deprecations.filter((since) => since !== unknownSince).map((since) => Number(since.slice(1)));
  const since = moments.length === 0 ? unknownSince : `@${Math.min(...moments)}`;
  const ends = sunsets.map((date) => Date.parse(date));
  const sunset: readonly Header[] = ends.length === 0 ? [] : [['sunset', new Date(Math.min(...ends)).toUTCString()]];
  return [['deprecation', since], ...sunset];
}

/** Of what is deprecated since nobody knows when: the header must have a moment. */
const unknownSince = '@0';

/** The earliest of the dates that there are. */
function first(dates: readonly (string | undefined)[]): string | undefined {
  return dates.filter((date) => date !== undefined).sort()[0];
}

const orderOf = ({ sunset = '9999', coordinate }: Deprecation): string => `${sunset} ${coordinate}`;
