/**
 * A subgraph with both caches above it, whose answers come when a test lets them, and whose generations can be swapped. Long because it
 * puts together by hand what a gateway does.
 */
import { type OperationDefinitionNode, parse } from 'graphql';
import { anonymous } from '../../../../src/access/principal.ts';
import {
  CacheHints,
  CacheOutcomes,
  createMemoryStore,
  OperationPolicy,
  ResponseCache,
  Verification,
  WriteTokens,
} from '../../../../src/cache/index.ts';
import { SubgraphTags } from '../../../../src/cache/tags/index.ts';
import { GatewayError } from '../../../../src/errors/index.ts';
import { type ExecutionOutcome, JsonText, type OperationRequest } from '../../../../src/execution/index.ts';
import { CachedExecution } from '../../../../src/http/graphql/caching/cached-execution.ts';
import { Deadline } from '../../../../src/lib/index.ts';
import { createLogger } from '../../../../src/observability/index.ts';
import { type Invalidation, tagsOfInvalidations } from '../../../../src/runtime/index.ts';
import { Invalidations, withEntityCache, withTags } from '../../../../src/subgraph-cache/index.ts';
import { composeSubgraphs } from '../../../../src/supergraph/compose-subgraphs.ts';
import {
  CollectedResponseHeaders,
  type RequestContext,
  type SubgraphClient,
  type SubgraphRequest,
  type SubgraphResponse,
} from '../../../../src/transport/index.ts';
import { type Id, ids, SourceHistory } from './source-history.ts';

export const maxAgeMs = 10_000;

const sdl = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.12", import: ["@key", "@cacheTag"])
  directive @cacheControl(maxAge: Int) on OBJECT | FIELD_DEFINITION
  type Query { products: [Product!]! @cacheControl(maxAge: 10) }
  type Mutation { restock(id: ID!): Product }
  type Product @key(fields: "id") @cacheTag(format: "product-{$key.id}") @cacheControl(maxAge: 10) {
    id: ID! stock: Int! @cacheControl(maxAge: 10) schema: String! @cacheControl(maxAge: 10)
  }`;
const composition = composeSubgraphs([{ name: 'a', url: 'http://a', origin: 'a.graphql', sdl }]);
if (composition.kind === 'failed') throw new Error('it composes');
const { cacheRules, entityTypes: entities } = composition;
const hints = new CacheHints(sdl);
const log = createLogger({ level: 'silent' });

const document = parse('query ($ids: [ID!]) { stock(ids: $ids) }');
const [operation] = document.definitions as readonly OperationDefinitionNode[];
const ofEntities =
  'query ($representations: [_Any!]!) { _entities(representations: $representations) { ... on Product { id stock schema } } }';
const ofRoot = '{ products { id stock schema } }';

export interface Product {
  readonly id: Id;
  readonly stock: number;
  readonly schema: string;
}

export interface Lifetimes {
  readonly staleWhileRevalidateMs: number;
  readonly staleIfErrorMs: number;
}

export interface Answer {
  readonly products: readonly Product[];
  /** Why something of it may be stale. */
  readonly degraded: ReadonlySet<string>;
  /** How long it says that it is good, in seconds. */
  readonly freshSeconds: number;
}

export interface Question {
  /** @default all, by a field of the root */
  readonly asked?: readonly Id[] | undefined;
  readonly context?: Partial<RequestContext>;
  /** Whether bytes are looked for before anything else is done. @default false */
  readonly isFromBytes?: boolean;
}

interface Generation {
  readonly schema: string;
  readonly client: SubgraphClient;
  readonly execution: CachedExecution;
}

export class CachedWorld {
  readonly history = new SourceHistory();
  readonly #store = createMemoryStore();
  readonly tokens = new WriteTokens(this.#store, 'key');
  readonly #invalidations = new Invalidations({ store: this.#store, log });
  readonly #lifetimes: Lifetimes;
  /** Requests that the subgraph has answered; its answers are under way. */
  readonly #held: (() => void)[] = [];
  #generation: Generation;
  isDown = false;
  isHolding = false;
  /** How many requests reached the subgraph. */
  requests = 0;

  constructor(lifetimes: Lifetimes) {
    this.#lifetimes = lifetimes;
    this.#generation = this.#open('s1', 'c1');
  }

  get schema(): string {
    return this.#generation.schema;
  }

  /** Another schema has other entries; of another configuration with the same schema, entities stay. */
  swap(schema: string, content: string): void {
    this.#generation = this.#open(schema, content);
  }

  /** From now on, answers wait until they are released, or do not. */
  hold(isHolding: boolean): void {
    this.isHolding = isHolding;
  }

  /** The first answer under way arrives. @param which of those */
  release(which: number): void {
    this.#held.splice(which % Math.max(1, this.#held.length), 1)[0]?.();
  }

  async invalidate(invalidation: Invalidation): Promise<void> {
    await this.#invalidations.invalidate(tagsOfInvalidations([invalidation], { subgraphs: ['a'], entities }));
  }

  async mutate(id: Id): Promise<void> {
    const query = 'mutation ($id: ID!) { restock(id: $id) { id } }';
    await this.#generation.client.execute({ kind: 'mutation', query, variables: { id } }, contextOf());
  }

  /** The entities themselves, without the cache of whole answers. */
  async entities(asked: readonly Id[]): Promise<SubgraphResponse> {
    return this.#generation.client.execute(requestOf(asked), contextOf());
  }

  async ask({ asked, context, isFromBytes }: Question): Promise<Answer> {
    const { execution } = this.#generation;
    const responseHeaders = new CollectedResponseHeaders();
    const request: OperationRequest = {
      documentHash: 'd1',
      document,
      operation: operation as OperationDefinitionNode,
      operationName: undefined,
      variables: { ids: asked ?? null },
      context: { ...contextOf(), responseHeaders, ...context },
    };
    if (isFromBytes === true) {
      const fresh = await execution.findFresh(execution.keys.of(request, undefined, request.context), request.context);
      if (fresh !== undefined)
        return answerOf(
          String(fresh.response.body),
          new Set(),
          execution.cachingHeaders(fresh.response, fresh.ageMs, true),
        );
    }
    const outcome = await execution.execute(request);
    if (outcome.kind !== 'single') throw new Error('one result is expected');
    const { data, errors, extensions } = outcome.result;
    if (!(data instanceof JsonText)) throw new Error(JSON.stringify(errors));
    const reasons = [...JSON.stringify(extensions ?? {}).matchAll(/"reason":"(\w+)"/g)].map(
      ([, reason = '']) => reason,
    );
    return answerOf(data.text, new Set(reasons), responseHeaders.entries());
  }

  #open(schema: string, content: string): Generation {
    const verification = new Verification(0);
    const outcomes = new CacheOutcomes();
    const lifetime = {
      ...this.#lifetimes,
      defaultMaxAgeMs: 0,
      maxAgeMs: 1_000_000,
      scopeBy: { kind: 'principal' } as const,
    };
    const { staleWhileRevalidateMs, staleIfErrorMs } = lifetime;
    const keepStaleMs = Math.max(staleWhileRevalidateMs, staleIfErrorMs);
    const cache = new ResponseCache({ store: this.#store, keepStaleMs });
    const tags = new SubgraphTags({ subgraph: 'a', rules: cacheRules.get('a') ?? new Map(), entities });
    const source: SubgraphClient = {
      name: 'a',
      kind: 'http',
      execute: (request) => this.#read(request, schema),
      close: async () => undefined,
    };
    const cached = withEntityCache(source, {
      tags,
      cache,
      config: { ...lifetime, negativeMaxAgeMs: 1_000 },
      hints,
      outcomes,
      verification,
      isCallerAware: false,
      versionOf: () => schema,
      headers: undefined,
      refreshTimeoutMs: 1_000_000,
      log,
    });
    const invalidations = this.#invalidations;
    const client = withTags(cached, { tags, entities, subgraphs: ['a'], invalidations, givesTags: false });
    const execution = new CachedExecution({
      generation: { config: { headers: {}, server: { operationTimeoutMs: 1_000_000 } } as never },
      responses: {
        content: `${schema} ${content}`,
        outcomes,
        verification,
        cache,
        config: { ...lifetime, maxAnswerBytes: 1_000_000, surrogateKeysLength: undefined },
        createPolicy: () => new OperationPolicy({ hints: new Map([['a', hints]]), defaultMaxAgeMs: 0 }),
      },
      isForEveryone: () => true,
      vary: 'accept',
      run: (request) => run(client, request),
      log,
    });
    return { schema, client, execution };
  }

  /** What the source has when it is asked, sent when it is let go. */
  async #read({ kind, variables, representationsJson }: SubgraphRequest, schema: string): Promise<SubgraphResponse> {
    this.requests++;
    const product = (id: Id): Product => ({ id, stock: this.history.valueOf(id), schema });
    if (kind === 'mutation') {
      const { id } = variables as { readonly id: Id };
      this.history.write(id);
      return { data: { restock: { id } } };
    }
    const { isDown } = this;
    const asked = representationsJson?.map((text) => (JSON.parse(text) as Product).id);
    const products = (asked ?? ids).map(product);
    if (this.isHolding) await new Promise<void>((resolve) => this.#held.push(resolve));
    else await Promise.resolve();
    if (isDown) throw new GatewayError('SUBREQUEST_HTTP_ERROR', { service: 'a', detail: 'it is down' });
    return { data: asked === undefined ? { products } : { _entities: products } };
  }
}

function requestOf(asked: readonly Id[]): SubgraphRequest {
  const representationsJson = asked.map((id) => JSON.stringify({ __typename: 'Product', id }));
  return { kind: 'query', query: ofEntities, representationsJson };
}

/** The plan of the operation: one request. */
async function run(client: SubgraphClient, { variables, context }: OperationRequest): Promise<ExecutionOutcome> {
  const { ids: asked } = variables as { readonly ids: readonly Id[] | null };
  const request: SubgraphRequest = asked === null ? { kind: 'query', query: ofRoot } : requestOf(asked);
  context.cachePolicy?.request('a', request.query);
  const { data, errors, notes } = await client.execute(request, context);
  if (errors !== undefined) return { kind: 'single', result: { data: null, errors: [{ message: 'down' }] } };
  const products = data?._entities ?? data?.products;
  const result = { data: new JsonText(JSON.stringify({ data: { products } })) };
  if (notes === undefined) return { kind: 'single', result };
  return { kind: 'single', result: { ...result, extensions: { degraded: notes } } };
}

function contextOf(): RequestContext {
  return {
    requestId: 'r1',
    principal: anonymous,
    signal: new AbortController().signal,
    deadline: Deadline.in(1_000_000),
  };
}

function answerOf(
  text: string,
  degraded: Answer['degraded'],
  headers: Iterable<readonly [string, string | string[]]>,
): Answer {
  const parsed = JSON.parse(text) as { readonly data?: { readonly products: readonly Product[] } };
  const { products } = (parsed.data ?? parsed) as { readonly products: readonly Product[] };
  const { 'cache-control': control = '', age = '0' } = Object.fromEntries(headers);
  const maxAge = Number(/max-age=(\d+)/.exec(String(control))?.[1] ?? 0);
  return { products, degraded, freshSeconds: maxAge - Number(age) };
}
