/** What decides the answer of a request to a subgraph, and of each entity in it, as the keys that they are cached by. */
import { hash } from 'node:crypto';
import type { HeaderRules } from '../config/index.ts';
import { TextCache } from '../lib/index.ts';
import {
  compileRequestHeaderRules,
  type RequestContext,
  type SubgraphRequest,
  writeVariables,
} from '../transport/index.ts';

/** What decides answers beside the query is kept where it is short: a plan’s requests are the same every time. */
const mostBases = 20;
const longestDecisive = 200;
const bounds = { maxCharacters: 16_000_000, charactersBeside: 8_000 };

interface RequestBases {
  readonly version: string;
  /** By what decides an answer beside the query. */
  readonly bases: Map<string, string>;
}

export class EntityKeys {
  readonly #subgraph: string;
  readonly #forwardHeaders: ReturnType<typeof compileRequestHeaderRules>;
  readonly #requests: TextCache<RequestBases>;
  /** Of lists that are sent again: a repeated run sends the same list. */
  readonly #lists = new WeakMap<readonly string[], { readonly base: string; readonly keys: readonly string[] }>();

  /** @param versionOf of what decides the answer to a query: the subgraph’s address, and what it reads of the schema */
  constructor(subgraph: string, versionOf: (query: string) => string, headers: HeaderRules | undefined) {
    this.#subgraph = subgraph;
    this.#requests = new TextCache((query) => ({ version: versionOf(query), bases: new Map() }), bounds);
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
    const decisive = headers === undefined ? (variables ?? '') : JSON.stringify([variables ?? '', headers]);
    const base = this.#baseOf(request.query, decisive);
    if (representations === undefined) return [base];
    const list = this.#lists.get(representations);
    if (list?.base === base) return list.keys;
    const keys = representations.map((text) => `${base} ${text}`);
    if (request.representationsJson === representations) this.#lists.set(representations, { base, keys });
    return keys;
  }

  #baseOf(query: string, decisive: string): string {
    const { version, bases } = this.#requests.of(query);
    const cached = bases.get(decisive);
    if (cached !== undefined) return cached;
    const parts = JSON.stringify([this.#subgraph, version, query, decisive]);
    const base = `entity:${hash('sha256', parts, 'base64url')}`;
    if (bases.size < mostBases && decisive.length <= longestDecisive) bases.set(decisive, base);
    return base;
  }
}

/** The name of a representation’s type. */
export function typeOfRepresentation(text: string | undefined): string {
  return /"__typename":"(\w+)"/.exec(text ?? '')?.[1] ?? '';
}
