import { runAlone } from '../../run-alone.ts';
import { startCatalog } from './catalog.ts';

await runAlone({ name: 'catalog', port: 4103, start: startCatalog });
