import { join } from 'node:path';

/** The repository's root: everything is started there, as by hand. */
export const root = join(import.meta.dirname, '..', '..');

export interface SampleService {
  readonly name: string;
  /** What a person calls it. */
  readonly title: string;
  readonly kind: 'native' | 'REST' | 'REST service';
  readonly script: string;
  readonly port: number;
}

/** What the sample graph runs besides the gateway; ports as supergraph.yaml has them. */
export const sampleServices: readonly SampleService[] = [
  {
    name: 'catalog',
    title: 'the catalog REST service',
    kind: 'REST service',
    script: 'subgraphs/products/rest/main.ts',
    port: 4103,
  },
  {
    name: 'warehouse',
    title: 'the warehouse REST service',
    kind: 'REST service',
    script: 'subgraphs/inventory/rest/main.ts',
    port: 4104,
  },
  {
    name: 'accounts',
    title: 'the accounts subgraph',
    kind: 'native',
    script: 'subgraphs/accounts/main.ts',
    port: 4001,
  },
  { name: 'reviews', title: 'the reviews subgraph', kind: 'native', script: 'subgraphs/reviews/main.ts', port: 4002 },
  { name: 'products', title: 'the products subgraph', kind: 'REST', script: 'subgraphs/products/main.ts', port: 4003 },
  {
    name: 'inventory',
    title: 'the inventory subgraph',
    kind: 'REST',
    script: 'subgraphs/inventory/main.ts',
    port: 4004,
  },
];
