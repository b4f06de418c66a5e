import { runAlone } from '../../run-alone.ts';
import { startWarehouse } from './warehouse.ts';

await runAlone({ name: 'warehouse', port: 4104, start: startWarehouse });
