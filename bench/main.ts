/**
 * `npm run bench`: the federation benchmark; `npm run bench -- ai`: the model client behind /v1; `npm run bench -- fields`:
 * AI fields of the graph. Each ends by itself, and never fails on a number: only on answers that are wrong, or missing.
 */
import { runAi } from './ai/run-ai.ts';
import { runFederation } from './federation.ts';
import { runFields } from './fields/run-fields.ts';

const [part, ...rest] = process.argv.slice(2);
switch (part) {
  case 'ai':
    await runAi(rest);
    break;
  case 'fields':
    await runFields(rest);
    break;
  default:
    await runFederation(process.argv.slice(2));
}
