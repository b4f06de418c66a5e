/**
 * Whether memory stays flat under names that clients make up: `node bench/names.ts [requests]`, 10 million by default, of a
 * million distinct operations, clients and addresses, through the sinks that a gateway has: the log, traces of which none is
 * sampled, records with sums and usage in a store, and metrics that are scraped twice a million. The heap is collected before
 * each look.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { buildSchema, type OperationDefinitionNode, parse } from 'graphql';
import {
  createLogger,
  EventQueue,
  FetchEvent,
  OperationEvent,
  RequestEvent,
  RequestLog,
} from '../src/observability/index.ts';
import { ProcessMetrics } from '../src/observability/metrics/process-metrics.ts';
import { beginTrace, ratioSampler } from '../src/observability/traces/context/begin-trace.ts';
import { print } from './print.ts';
import { openRecorder } from './records.ts';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

const million = 1_000_000;
const requests = Number(process.argv[2] ?? 10 * million);
const folder = mkdtempSync(join(tmpdir(), 'isthmus-bench-'));
let characters = 0;
const destination = {
  write(line: string) {
    characters += line.length;
  },
};
const metrics = new ProcessMetrics({ maxNames: 200 });
const recorder = await openRecorder(folder, 100);
const records = recorder.createSink();
const log = new RequestLog(createLogger({ level: 'info', readable: false, destination }));
const queue = new EventQueue({ sinks: [log, records, metrics.own.countingRequests('/graphql')] });
const isInShare = ratioSampler(0);
const schema = buildSchema('type Query { a: Int }');
const document = parse('query A { a }');
const parsed = { document, operation: document.definitions[0] as OperationDefinitionNode, schema };

function request(index: number): RequestEvent {
  const name = index % million;
  const began = performance.now();
  const clientAddress = `10.${name >> 16}.${(name >> 8) & 255}.${name & 255}`;
  const of = { id: `r${index}`, began, method: 'POST', path: '/graphql', clientAddress } as const;
  const event = new RequestEvent({ ...of, door: 'graphql' });
  event.trace = beginTrace({}, isInShare);
  event.clientName = `client ${name}`;
  event.status = 200;
  const operation = new OperationEvent(event, began);
  operation.kind = 'query';
  operation.name = `Operation${name}`;
  operation.signature = name.toString(16).padStart(32, '0');
  operation.parsed = parsed;
  if (index % 10 === 0) operation.addError(`CODE_${name}`);
  const fetch = new FetchEvent({ subgraph: 'a', kind: 'root', operationType: 'query', isInProcess: false, began });
  fetch.addAttempt({ began, ended: began + 1, outcome: 'ok', status: 200 });
  fetch.end('ok', began + 1);
  operation.fetches.push(fetch);
  operation.end(began + 1);
  event.operations.push(operation);
  event.ended = began + 1;
  return event;
}

try {
  for (let index = 0; index < requests; index++) {
    queue.add(request(index));
    if (index % 1_000 === 999) await setImmediate();
    if (index % (million / 2) === million / 2 - 1) await metrics.scrape();
    if (index % million !== million - 1) continue;
    collect();
    const { heapUsed, rss } = process.memoryUsage();
    const { written, dropped } = recorder.counts;
    const { text } = await metrics.scrape();
    print(
      `${(index + 1) / million} million: heap ${(heapUsed / 1e6).toFixed(1)} MB, RSS ${(rss / 1e6).toFixed(0)} MB, ${text.split('\n').length} lines of metrics, ` +
        `${written} records written, ${dropped} dropped, ${(characters / 1e6).toFixed(0)} MB of log; ${(process.cpuUsage().user / (index + 1)).toFixed(1)} µs of CPU each`,
    );
  }
} finally {
  queue.end();
  records.close();
  await recorder.close();
  metrics.close();
  rmSync(folder, { recursive: true, force: true });
}
