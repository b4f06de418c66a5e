import { runAlone } from '../run-alone.ts';
import { startAccounts } from './accounts.ts';

await runAlone({ name: 'accounts', port: 4001, start: startAccounts });
