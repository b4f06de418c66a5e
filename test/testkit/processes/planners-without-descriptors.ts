/**
 * A planner pool in a process that runs out of file descriptors: prints what happened, as JSON. Run with `ulimit -n 100`.
 */
import { closeSync, openSync, readFileSync } from 'node:fs';
import { GatewayError } from '../../../src/errors/index.ts';
import { createPlannerPool, type Planner } from '../../../src/planning/index.ts';
import { silentLog } from '../random/test-graph.ts';
import { childrenOf } from './children-of.ts';

const supergraphSdl = readFileSync('schema/supergraph.graphql', 'utf8');
const pool = createPlannerPool({ log: silentLog });
const planner = await pool.load('sample', { supergraphSdl, inProcess: [] });
let operations = 0;

async function outcomeOf(tested: Planner): Promise<string> {
  try {
    await tested.plan(`{products__0:products{name c${operations++}:__typename}}`, [], 10_000);
    return 'planned';
  } catch (error) {
    return error instanceof GatewayError ? error.code : String(error);
  }
}

const outcomes: Record<string, string> = { first: await outcomeOf(planner) };
const planners = await childrenOf(process.pid);
const held: number[] = [];
for (;;) {
  try {
    held.push(openSync('/dev/null', 'r'));
  } catch {
    break;
  }
}
for (const pid of planners) process.kill(pid, 'SIGKILL');
outcomes.without = await outcomeOf(planner);
outcomes.still = await outcomeOf(planner);
for (const descriptor of held) closeSync(descriptor);
// The next start is tried after the back-off; until then there is no process to plan.
do outcomes.again = await outcomeOf(planner);
while (outcomes.again === 'OVERLOADED' && (await new Promise((resolve) => setTimeout(resolve, 20, true))));
outcomes.processes = String((await childrenOf(process.pid)).length > 0);
await pool.close();
console.log(JSON.stringify(outcomes));
