/**
 * `npm run bench`: the federation benchmark; `npm run bench -- <name>`: one of the others. Each ends by itself, and never
 * fails on a number: only on answers that are wrong, or missing.
 */
import { runAccess } from './access.ts';
import { runAccessRows } from './access-rows.ts';
import { runAi } from './ai/run-ai.ts';
import { runCache } from './cache.ts';
import { runCaches } from './caches.ts';
import { runFederation } from './federation.ts';
import { runFields } from './fields/run-fields.ts';
import { runGuards } from './guards.ts';
import { runLimits } from './limits.ts';
import { runObservability } from './observability.ts';
import { runPeers } from './run-peers.ts';
import { runStalls } from './stalls.ts';
import { runWorkers } from './workers.ts';

const [part, ...options] = process.argv.slice(2);
switch (part) {
  case 'ai':
    await runAi(options);
    break;
  case 'access':
    await runAccess();
    await runAccessRows();
    break;
  case 'fields':
    await runFields(options);
    break;
  case 'guards':
    runGuards();
    break;
  case 'stalls':
    await runStalls();
    break;
  case 'workers':
    await runWorkers(options);
    break;
  case 'peers':
    await runPeers(options);
    break;
  case 'cache':
    await runCache(options);
    break;
  case 'observability':
    await runObservability(options);
    break;
  case 'caches':
    await runCaches();
    break;
  case 'limits':
    await runLimits();
    break;
  default:
    await runFederation(process.argv.slice(2));
}
