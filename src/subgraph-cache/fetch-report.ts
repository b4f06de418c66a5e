/**
 * What `isthmus-explain: cache` says of one request to a subgraph: what was found, and what became of the rest. It is read once
 * the operation has ended.
 */
import type { CachePolicy, HintedSelection } from '../cache/index.ts';
import { wholeSeconds } from '../lib/index.ts';
import { type Part, typeOfPart } from './part.ts';

/** Tags of a request that are listed; the rest is a number. */
const maxTags = 50;
const maxFields = 200;

export interface FetchReportOptions {
  readonly subgraph: string;
  readonly parts: readonly Part[];
  readonly representations: readonly string[] | undefined;
  /** The fields that are read. */
  readonly fields: () => readonly HintedSelection[];
}

export class FetchReport {
  readonly #options: FetchReportOptions;
  readonly #tags = new Set<string>();
  readonly #reasons = new Set<string>();
  #stored = 0;
  #policy: CachePolicy | undefined;

  constructor(options: FetchReportOptions) {
    this.#options = options;
    for (const { response } of cachedOf(options.parts)) for (const tag of response.tags) this.#tags.add(tag);
  }

  /** What was missing has been read and is cached from now on. */
  store(policy: CachePolicy, tags: readonly string[]): void {
    this.#stored++;
    this.#policy = policy;
    for (const tag of tags) this.#tags.add(tag);
  }

  /** What was missing is not cached. */
  refuse(reason: string): void {
    this.#reasons.add(reason);
  }

  toJSON(): Readonly<Record<string, unknown>> {
    const { subgraph, parts, representations } = this.#options;
    const isOfRoot = representations === undefined;
    const types = new Set(parts.map((_, index) => typeOfPart(representations, index)));
    const [tags, reasons] = [[...this.#tags], [...this.#reasons]];
    return {
      subgraph,
      kind: isOfRoot ? 'root' : 'entities',
      ...(isOfRoot ? {} : { types: [...types] }),
      ...lookupsOf(parts),
      ...(this.#policy === undefined
        ? {}
        : { stored: this.#stored, maxAgeSeconds: wholeSeconds(this.#policy.maxAgeMs), scope: this.#policy.scope }),
      ...(reasons.length === 0 ? {} : { reasons }),
      fields: this.#fields(),
      ...(tags.length === 0 ? {} : { tags: tags.slice(0, maxTags) }),
      ...(tags.length > maxTags ? { moreTags: tags.length - maxTags } : {}),
    };
  }

  /** Of each field, what was found of the entities that it is of, and its own hint. */
  #fields(): Readonly<Record<string, unknown>> {
    const { parts, representations, fields } = this.#options;
    const ofTypes = new Map<string | undefined, Part[]>([[undefined, [...parts]]]);
    for (const [index, part] of parts.entries()) {
      const type = typeOfPart(representations, index);
      const ofType = ofTypes.get(type);
      if (ofType === undefined) ofTypes.set(type, [part]);
      else ofType.push(part);
    }
    const entries = fields()
      .slice(0, maxFields)
      .map(({ entity, field, hint }) => [
        field,
        {
          ...lookupsOf(ofTypes.get(entity) ?? []),
          ...(hint?.maxAgeMs === undefined ? {} : { maxAgeSeconds: wholeSeconds(hint.maxAgeMs) }),
          ...(hint?.scope === undefined ? {} : { scope: hint.scope }),
        },
      ]);
    return Object.fromEntries(entries);
  }
}

function lookupsOf(parts: readonly Part[]): Readonly<Record<string, number>> {
  const cached = cachedOf(parts);
  const stale = cached.filter(({ staleMs }) => staleMs > 0).length;
  const counts = { hits: cached.length - stale, stale, misses: parts.length - cached.length };
  if (cached.length === 0) return counts;
  return {
    ...counts,
    ageSeconds: Math.max(...cached.map(({ ageMs }) => wholeSeconds(ageMs))),
    freshSeconds: Math.min(...cached.map(({ staleMs }) => wholeSeconds(-staleMs))),
  };
}

function cachedOf(parts: readonly Part[]): readonly NonNullable<Part['cached']>[] {
  return parts.flatMap(({ cached, usability }) => (usability === 'unusable' || cached === undefined ? [] : [cached]));
}
