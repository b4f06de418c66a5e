/** The subgraphs of the sample graph in one process, on free ports. */
import { startAccounts } from '../../subgraphs/accounts/accounts.ts';
import { startInventory } from '../../subgraphs/inventory/inventory.ts';
import { startWarehouse } from '../../subgraphs/inventory/rest/warehouse.ts';
import { startProducts } from '../../subgraphs/products/products.ts';
import { startCatalog } from '../../subgraphs/products/rest/catalog.ts';
import { startReviews } from '../../subgraphs/reviews/reviews.ts';
import { answerParent } from '../process/answer-parent.ts';

/** Where each subgraph answers, by its name. */
export type SampleUrls = Readonly<Record<'accounts' | 'reviews' | 'products' | 'inventory', string>>;

async function start(): Promise<SampleUrls> {
  const [catalog, warehouse] = await Promise.all([startCatalog({ port: 0 }), startWarehouse({ port: 0 })]);
  const [accounts, reviews, products, inventory] = await Promise.all([
    startAccounts({ port: 0 }),
    startReviews({ port: 0 }),
    startProducts({ port: 0, catalogUrl: catalog.url }),
    startInventory({ port: 0, warehouseUrl: warehouse.url }),
  ]);
  return { accounts: accounts.url, reviews: reviews.url, products: products.url, inventory: inventory.url };
}

// Nothing is waited for before the parent's questions are heard: what comes earlier would be lost.
const urls = start();
answerParent({ urls: () => urls });

// The probe lets go of the channel, so that a gateway ends as it would alone; this process has nothing else to live for.
process.channel?.ref();
process.once('SIGTERM', () => process.exit(0));
