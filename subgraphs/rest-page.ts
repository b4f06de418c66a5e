import { Problem } from './rest-service.ts';

export const maxLimit = 1_000;
const defaultLimit = 20;
const maxIds = 500;

/** The query parameters every list of the sample's REST services takes, as JSON schema properties. */
export const pageParameters = {
  ids: { type: 'string', minLength: 1, maxLength: 12_000 },
  limit: { type: 'integer', minimum: 0, maximum: maxLimit },
  after: { type: 'string', minLength: 1, maxLength: 64 },
} as const;

export interface PageQuery {
  readonly ids?: string;
  readonly limit?: number;
  readonly after?: string;
}

export interface PageBody<Item> {
  readonly items: readonly Item[];
  /** The path of the next page, or null on the last. */
  readonly next: string | null;
}

export interface PageOptions<Item> {
  readonly all: readonly Item[];
  readonly idOf: (item: Item) => string;
  /** The query as it came, so that `next` carries its filters. */
  readonly query: PageQuery;
  readonly path: string;
  readonly fits: (item: Item) => boolean;
}

/**
 * One page of a list: by `ids` (in the order asked for, unknown ones left out) or by filter, after a cursor.
 * @throws Problem 400 for an unknown cursor, too many ids, or ids beside anything else
 */
export function readPage<Item>({ all, idOf, query, path, fits }: PageOptions<Item>): PageBody<Item> {
  const { ids, limit = defaultLimit, after } = query;
  if (ids !== undefined) {
    if (Object.keys(query).length > 1) throw new Problem(400, 'ids cannot be combined with other parameters.');
    const wanted = new Set(ids.split(','));
    if (wanted.size > maxIds) throw new Problem(400, `ids names at most ${maxIds} items.`);
    const byId = new Map(all.map((item) => [idOf(item), item]));
    return { items: [...wanted].map((id) => byId.get(id)).filter((item) => item !== undefined), next: null };
  }
  const start = after === undefined ? 0 : all.findIndex((item) => idOf(item) === after) + 1;
  if (after !== undefined && start === 0) throw new Problem(400, `after names no item: ${after}`);
  const rest = all.slice(start).filter(fits);
  const items = rest.slice(0, limit);
  const last = items.at(-1);
  if (last === undefined || items.length === rest.length) return { items, next: null };
  const search = new URLSearchParams(Object.entries(query).map(([name, value]) => [name, String(value)]));
  search.set('after', idOf(last));
  return { items, next: `${path}?${search}` };
}
