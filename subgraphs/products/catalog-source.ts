import { RestSource } from '../rest-source.ts';

/** A product as the catalog service writes it. */
export interface CatalogProduct {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  /** In lower case, such as `audio`. */
  readonly category: string;
  readonly price_cents: number;
  readonly weight_grams: number | null;
}

export interface ProductsQuery {
  readonly first: number;
  /** The id after which the page starts. */
  readonly after: string | null;
  /** A value of the enum Category. */
  readonly category: string | null;
}

/** The catalog REST service, for one request. */
export class CatalogSource extends RestSource<CatalogProduct> {
  constructor(url: string) {
    super({ service: 'catalog', url, path: '/products', idOf: ({ id }) => id });
  }

  /** @throws BAD_USER_INPUT where `after` names no product */
  products({ first, after, category }: ProductsQuery): Promise<readonly CatalogProduct[]> {
    return this.list({
      limit: String(first),
      ...(after === null ? {} : { after }),
      ...(category === null ? {} : { category: category.toLowerCase() }),
    });
  }
}
