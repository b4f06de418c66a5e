import { RestSource } from '../rest-source.ts';

/** A product's stock as the warehouse service writes it. */
export interface StockLevel {
  readonly product_id: string;
  readonly in_stock: boolean;
  readonly stock: number;
  readonly site: string;
  /** A date, where more is on its way. */
  readonly restock_on: string | null;
}

/** The warehouse REST service, for one request. */
export class WarehouseSource extends RestSource<StockLevel> {
  constructor(url: string) {
    super({ service: 'warehouse', url, path: '/stock', idOf: ({ product_id }) => product_id });
  }
}
