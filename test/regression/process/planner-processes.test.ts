/**
 * Operations are planned though planner processes are killed, stopped, or cannot be started for a while; and those that
 * take long to plan hold up nobody else's.
 */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { GatewayError } from '../../../src/errors/index.ts';
import { createPlannerPool, type Planner, type PlannerPool } from '../../../src/planning/index.ts';
import { manyWays } from '../../federation/schemas/many-ways.ts';
import { childrenOf } from '../../testkit/processes/children-of.ts';
import { composeOrThrow, silentLog } from '../../testkit/random/test-graph.ts';

const run = promisify(execFile);

let pool: PlannerPool;
let planner: Planner;
let asked = 0;
beforeAll(async () => {
  pool = createPlannerPool({ log: silentLog });
  const { supergraphSdl } = composeOrThrow(manyWays.subgraphs);
  planner = await pool.load('many ways', { supergraphSdl, inProcess: [] });
});
afterAll(() => pool.close());

const plan = (client: string): Promise<string> =>
  outcomeOf(planner.plan(`{item__0:item(n:1){id name c${asked++}:price}}`, [], 10_000, client));

async function outcomeOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
    return 'planned';
  } catch (error) {
    return error instanceof GatewayError ? error.code : String(error);
  }
}

/** An operation whose widest search takes far longer than others. */
function hostile(size: number): string {
  const own = asked++;
  const inner = (depth: number): string =>
    depth === 0
      ? '{__typename id price days}'
      : `{__typename ${Array.from({ length: 3 }, (_, index) => `rival__${own}${depth}${index}:rival(n:${index})${inner(depth - 1)}`).join(' ')}}`;
  return `{${Array.from({ length: size }, (_, index) => `thing__${index}:thing(n:${index})${inner(3)}`).join(' ')}}`;
}

describe('planner processes', () => {
  it('may be killed again and again: every operation is planned', async () => {
    let isOver = false;
    const killing = (async () => {
      for (let round = 0; round < 4; round++) {
        const [victim] = await childrenOf(process.pid);
        if (victim !== undefined) process.kill(victim, 'SIGKILL');
        // Until the pool has had one that plans again, as it is seen by an operation that has been planned.
        await plan('killer');
      }
      isOver = true;
    })();
    const outcomes = new Map<string, number>();
    const client = async (name: string) => {
      while (!isOver) {
        const outcome = await plan(name);
        outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
      }
    };
    await Promise.all([killing, ...Array.from({ length: 8 }, (_, index) => client(`client ${index}`))]);
    expect([...outcomes.keys()]).toEqual(['planned']);
  }, 60_000);

  it('all killed at once while many wait: every operation is planned', async () => {
    const waiting = Array.from({ length: 100 }, (_, index) => plan(`client ${index % 10}`));
    for (const pid of await childrenOf(process.pid)) process.kill(pid, 'SIGKILL');
    expect(new Set(await Promise.all(waiting))).toEqual(new Set(['planned']));
  }, 60_000);

  it('that are stopped hold up no one for ever, and refuse no operation', async () => {
    const stopped = await childrenOf(process.pid);
    for (const pid of stopped) process.kill(pid, 'SIGSTOP');
    const waiting = plan('a');
    for (const pid of stopped) process.kill(pid, 'SIGCONT');
    expect(await waiting).toBe('planned');
  }, 60_000);

  it('that are kept by long operations of one client plan those of others in between', async () => {
    const order: string[] = [];
    const long = Array.from({ length: 6 }, async () => {
      const outcome = await outcomeOf(planner.plan(hostile(2), [], 10_000, 'hostile'));
      order.push(`long ${outcome}`);
    });
    const short = Array.from({ length: 20 }, async (_, index) => {
      order.push(`short ${await plan(`client ${index}`)}`);
    });
    await Promise.all([...short, ...long]);
    // One search is running on each process before the others arrive, and may end before them.
    const shortOnes = order.filter((one) => one.startsWith('short'));
    expect(new Set(shortOnes)).toEqual(new Set(['short planned']));
    expect(order.slice(-3).every((one) => one === 'long planned')).toBe(true);
  }, 120_000);

  it('that cannot be started for want of file descriptors are started when there are some', async () => {
    const script = 'ulimit -n 100; exec "$0" test/testkit/processes/planners-without-descriptors.ts';
    const { stdout } = await run('sh', ['-c', script, process.execPath]);
    expect(JSON.parse(stdout)).toEqual({
      first: 'planned',
      without: 'OVERLOADED',
      still: 'OVERLOADED',
      again: 'planned',
      processes: 'true',
    });
  }, 60_000);
});
