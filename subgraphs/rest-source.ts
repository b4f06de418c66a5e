/**
 * What the REST-wrapping subgraphs share: one data source per request over a REST service, whose items are read by id
 * in batches. However many entities one request asks for, `GET <path>?ids=…` is sent once (per 500 ids).
 */
import { RESTDataSource } from '@apollo/datasource-rest';
import DataLoader from 'dataloader';
import { GraphQLError } from 'graphql';
import { badUserInput } from './coded-input.ts';

const timeoutMs = 3_000;
/** What one URL of the services may carry. */
const maxBatchSize = 500;

/** Ids come from clients; whatever has another form names nothing and must not reach a URL. */
const productId = /^p\d{1,9}$/;

export interface Page<Item> {
  readonly items: readonly Item[];
  readonly next: string | null;
}

export abstract class RestSource<Item> extends RESTDataSource {
  readonly #service: string;
  readonly #path: string;
  readonly #idOf: (item: Item) => string;
  readonly #byId: DataLoader<string, Item | null>;

  constructor(options: { service: string; url: string; path: string; idOf: (item: Item) => string }) {
    super({ fetch: (url, init) => fetch(url, init as RequestInit) });
    this.baseURL = options.url;
    this.#service = options.service;
    this.#path = options.path;
    this.#idOf = options.idOf;
    this.#byId = new DataLoader(
      async (ids) => {
        const { items } = await this.#page({ ids: ids.join(',') });
        const found = new Map(items.map((item) => [this.#idOf(item), item]));
        return ids.map((id) => found.get(id) ?? null);
      },
      { maxBatchSize },
    );
  }

  /** The item of this id, or null. */
  byId(id: unknown): Promise<Item | null> {
    return typeof id === 'string' && productId.test(id) ? this.#byId.load(id) : Promise.resolve(null);
  }

  /** The first items that fit the query; they need not be asked for again by id. */
  protected async list(query: Readonly<Record<string, string>>): Promise<readonly Item[]> {
    const { items } = await this.#page(query);
    for (const item of items) this.#byId.prime(this.#idOf(item), item);
    return items;
  }

  /** @throws BAD_USER_INPUT with the service's own words for 400; DOWNSTREAM_SERVICE_ERROR for everything else */
  async #page(params: Readonly<Record<string, string>>): Promise<Page<Item>> {
    try {
      return await this.get<Page<Item>>(this.#path, { params, signal: AbortSignal.timeout(timeoutMs) });
    } catch (error) {
      const detail = problemDetail(error);
      if (detail !== undefined) throw badUserInput(detail);
      throw new GraphQLError(`The ${this.#service} did not answer.`, {
        extensions: { code: 'DOWNSTREAM_SERVICE_ERROR' },
      });
    }
  }
}

/** The detail of a 400's problem document, which the data source keeps in the error's extensions. */
function problemDetail(error: unknown): string | undefined {
  const { response } = (error as { extensions?: { response?: { status: number; body: unknown } } }).extensions ?? {};
  if (response?.status !== 400) return undefined;
  const { body } = response;
  return typeof body === 'object' && body !== null && 'detail' in body && typeof body.detail === 'string'
    ? body.detail
    : undefined;
}
