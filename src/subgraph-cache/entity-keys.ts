/** What decides the answer of a request to a subgraph, and of each entity in it, as the keys that they are cached by. */
import { hash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { HeaderRules } from '../config/index.ts';
import {
  compileRequestHeaderRules,
  type RequestContext,
  type SubgraphRequest,
  writeVariables,
} from '../transport/index.ts';

/** Hashes of requests whose variables are few: a plan’s requests are the same every time. */
const maxBases = 2_000;
const longestDecisive = 1_000;

export class EntityKeys {
  readonly #subgraph: string;
  readonly #version: string;
  readonly #forwardHeaders: ReturnType<typeof compileRequestHeaderRules>;
  readonly #bases = new LRUCache<string, Map<string, string>>({ max: maxBases });
  /** Of lists that are sent again: a repeated run sends the same list. */
  readonly #lists = new WeakMap<readonly string[], { readonly base: string; readonly keys: readonly string[] }>();

  /** @param version of the subgraph’s schema and address */
  constructor(subgraph: string, version: string, headers: HeaderRules | undefined) {
    this.#subgraph = subgraph;
    this.#version = version;
    this.#forwardHeaders = compileRequestHeaderRules(headers?.request ?? []);
  }

  /** @param representations undefined: of the whole answer */
  of(
    request: SubgraphRequest,
    representations: readonly string[] | undefined,
    { clientHeaders, principal, clientAddress }: RequestContext,
  ): readonly string[] {
    const headers = this.#forwardHeaders?.(clientHeaders, principal, clientAddress);
    const variables =
      representations === undefined || request.variablesJson !== undefined || request.representationsJson !== undefined
        ? writeVariables({ ...request, representationsJson: undefined })
        : JSON.stringify({ ...request.variables, representations: null });
    const base = this.#baseOf(request.query, JSON.stringify([variables ?? '', headers ?? []]));
    if (representations === undefined) return [base];
    const list = this.#lists.get(representations);
    if (list?.base === base) return list.keys;
    const keys = representations.map((text) => `${base} ${text}`);
    if (request.representationsJson === representations) this.#lists.set(representations, { base, keys });
    return keys;
  }

  #baseOf(query: string, decisive: string): string {
    let bases = this.#bases.get(query);
    if (bases === undefined) {
      bases = new Map();
      this.#bases.set(query, bases);
    }
    const cached = bases.get(decisive);
    if (cached !== undefined) return cached;
    const parts = JSON.stringify([this.#subgraph, this.#version, query, decisive]);
    const base = `entity:${hash('sha256', parts, 'base64url')}`;
    if (bases.size < 50 && decisive.length <= longestDecisive) bases.set(decisive, base);
    return base;
  }
}

/** The name of a representation’s type. */
export function typeOfRepresentation(text: string | undefined): string {
  return /"__typename":"(\w+)"/.exec(text ?? '')?.[1] ?? '';
}
