import { identifyByStatement } from '../identify-by-statement.ts';
import { runAlone } from '../run-alone.ts';
import { startInventory } from './inventory.ts';

const warehouseUrl = process.env.WAREHOUSE_URL ?? 'http://127.0.0.1:4104';
await runAlone({
  name: 'inventory',
  port: 4004,
  start: (listening) => startInventory({ ...listening, identify: identifyByStatement('inventory'), warehouseUrl }),
});
