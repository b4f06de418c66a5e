import { identifyByStatement } from '../identify-by-statement.ts';
import { runAlone } from '../run-alone.ts';
import { startAccounts } from './accounts.ts';

await runAlone({
  name: 'accounts',
  port: 4001,
  start: (listening) => startAccounts({ ...listening, identify: identifyByStatement('accounts') }),
});
