import { identifyByStatement } from '../identify-by-statement.ts';
import { runAlone } from '../run-alone.ts';
import { startProducts } from './products.ts';

const catalogUrl = process.env.CATALOG_URL ?? 'http://127.0.0.1:4103';
await runAlone({
  name: 'products',
  port: 4003,
  start: (listening) => startProducts({ ...listening, identify: identifyByStatement('products'), catalogUrl }),
});
