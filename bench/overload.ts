/**
 * A gateway that is asked for three times as much as it can do, for a minute: `node bench/overload.ts [seconds]`. First what it
 * can do, then a third of that, then three times as much, then a third again. A client of another process sends at a fixed
 * rate, whatever comes back; times are the client's.
 */
import { fileURLToPath } from 'node:url';
import { createGateway, createLogger } from '../src/index.ts';
import { print } from './print.ts';
import { startChild } from './process/child.ts';
import type { RateRun, RateTurn } from './process/rate-client-main.ts';

const seconds = Number(process.argv[2] ?? 60);
const quietSeconds = 6;

const rows = Array.from({ length: 300 }, (_, index) => ({ id: `${index}`, name: `row ${index}` }));
const gateway = await createGateway({
  config: { limits: { overload: {} }, traffic: { share_identical: 'off' } },
  subgraphs: {
    rows: {
      sdl: 'type Query { rows(of: Int): [Row!]! } type Row { id: ID! name: String }',
      execute: async ({ document }) => ({ data: { [keyOf(document)]: structuredClone(rows) } }),
    },
  },
  log: createLogger({ level: 'silent' }),
});
const { url } = await gateway.listen({ host: '127.0.0.1', port: 0 });
const client = startChild({
  command: [fileURLToPath(new URL('process/rate-client-main.ts', import.meta.url))],
  role: 'unpinned',
});
const body = JSON.stringify({ query: 'query ($of: Int) { rows(of: $of) { id name } }', variables: { of: 1 } });

/** @param perSecond undefined: as fast as so many at once are answered */
async function run(perSecond: number | undefined, ofSeconds: number, atOnce = 20): Promise<RateRun> {
  return client.ask('run', { url: `${url}/graphql`, body, perSecond, atOnce, seconds: ofSeconds } satisfies RateTurn);
}

function told(name: string, { perSecond, accepted, refused, failed, clientBusy, recoveredAfterMs }: RateRun): void {
  const times = ({ count, median, p99, max }: RateRun['accepted']) =>
    `${count} (median ${median.toFixed(0)}, p99 ${p99.toFixed(0)}, longest ${max.toFixed(0)} ms)`;
  const heap = (process.memoryUsage().heapUsed / 1e6).toFixed(0);
  print(
    `${name}: ${perSecond.toFixed(0)}/s; served ${times(accepted)}; 503 ${times(refused)}; otherwise failed ${failed}; ` +
      `client ${(clientBusy * 100).toFixed(0)} % busy; heap ${heap} MB${recoveredAfterMs === undefined ? '' : `; the last 503 ${(recoveredAfterMs / 1_000).toFixed(1)} s after it began`}`,
  );
}

// Opens all connections: Node takes one a turn of the event loop, which is long while there is too much to do.
await run(undefined, quietSeconds, 300);
await run(undefined, quietSeconds);
const most = await run(undefined, quietSeconds);
told('as fast as it can', most);
const capacity = most.accepted.count / quietSeconds;
told('a third of that', await run(capacity / 3, quietSeconds));
told('three times as much', await run(capacity * 3, seconds));
told('a third of it, at once afterwards', await run(capacity / 3, quietSeconds));
await client.end();
await gateway.close();

function keyOf({ definitions: [operation] }: import('graphql').DocumentNode): string {
  const field =
    operation !== undefined && 'selectionSet' in operation ? operation.selectionSet.selections[0] : undefined;
  return field !== undefined && 'name' in field
    ? ('alias' in field && field.alias ? field.alias : field.name).value
    : '';
}
