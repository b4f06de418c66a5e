/**
 * `npm run bench -- observability`: what it costs to be seen. CPU per request of the gateway with each way of being seen
 * switched on, beside the same gateway with none, on a flat query and the public benchmark's operation; interleaved rounds, each line a
 * fresh process, of the ratios and differences the medians count. First, the sink of the metrics by itself.
 */
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { addTraceHeaders, FetchEvent, newSpanId, OperationEvent, RequestEvent } from '../src/observability/index.ts';
import { ThreadMetrics } from '../src/observability/metrics/thread-metrics.ts';
import { beginTrace, ratioSampler } from '../src/observability/traces/context/begin-trace.ts';
import { newTraceId } from '../src/observability/traces/context/trace-ids.ts';
import { isFailed } from '../src/observability/traces/is-failed.ts';
import { isthmusWith } from './gateways/isthmus.ts';
import { measure } from './measure.ts';
import { median } from './median.ts';
import { readOperations } from './operations.ts';
import { readOptions, usage } from './options.ts';
import { prepareGraph } from './prepare-graph.ts';
import { print } from './print.ts';
import { startChild } from './process/child.ts';
import { measureRecords } from './records.ts';
import { measureUsage } from './usage.ts';

type Telemetry = Readonly<Record<string, unknown>>;

/** Ways of being seen, each with what switches it on. @param collector the URL of one that takes everything */
const features = (collector: string): Readonly<Record<string, Telemetry>> => ({
  metrics: { metrics: true },
  logs: { log_level: 'info' },
  'traces of none': { otlp: collector, sample: 0, slow: 'off' },
  traces: { otlp: collector, sample: 0.01 },
  records: { records: true },
});

const off: Telemetry = { log_level: 'warn', metrics: false, records: false };

function linesOf(collector: string) {
  const all = Object.entries(features(collector));
  const together: Telemetry = Object.assign({}, off, ...all.map(([, telemetry]) => telemetry));
  const withTelemetry = (title: string, telemetry: Telemetry) =>
    isthmusWith(`Isthmus, ${title}`, { admin: { port: 0 }, telemetry: { ...off, ...telemetry } });
  return [
    withTelemetry('nothing seen', {}),
    ...all.map(([name, telemetry]) => withTelemetry(name, telemetry)),
    withTelemetry('all of these', together),
  ];
}

export async function runObservability(words: readonly string[]): Promise<void> {
  const options = readOptions(words);
  if (options === 'help') return print(usage);
  const { wants, warmUpMs, measuredMs, rounds } = options;
  measureSink();
  measureUsage();
  await measureRecords();
  await measureTraces();
  const folder = mkdtempSync(join(tmpdir(), 'isthmus-bench-'));
  const collector = createServer((request, response) => {
    request.resume().on('end', () => response.end());
  }).listen(0, '127.0.0.1');
  await once(collector, 'listening');
  const lines = linesOf(`http://127.0.0.1:${(collector.address() as AddressInfo).port}`);
  const load = startChild({
    command: [fileURLToPath(new URL('process/load-main.ts', import.meta.url))],
    role: 'driver',
  });
  const operations = readOperations().operations.filter(({ name }) => ['flat', 'benchmark'].includes(name));
  try {
    for (const operation of operations) {
      if (!wants('operation', operation.name)) continue;
      const { files, upstream, expected } = await prepareGraph(operation.graph, [operation], folder);
      const taken = lines.map((): number[] => []);
      print(`\n${operation.title}; ${operation.connections} connections`);
      try {
        for (let round = 0; round < rounds; round++) {
          for (const [index, gateway] of lines.entries()) {
            const common = { gateway, operation, mode: 'separate', files, upstream, load, expected } as const;
            const measured = await measure({ ...common, warmUpMs, measuredMs });
            taken[index]?.push(measured.cpuMsPerRequest);
            if (measured.wrong === undefined) continue;
            print(`  WRONG: ${gateway.title}: ${measured.wrong}`);
            process.exitCode = 1;
          }
        }
      } finally {
        await upstream.end();
      }
      for (const [index, { title }] of lines.entries()) printLine(title, taken[index] ?? [], taken[0] ?? []);
    }
  } finally {
    await load.end();
    collector.close();
    collector.closeAllConnections();
    rmSync(folder, { recursive: true, force: true });
  }
}

function printLine(title: string, taken: readonly number[], without: readonly number[]): void {
  const ratio = median(taken.map((cpu, round) => cpu / (without[round] ?? Number.NaN)));
  const more = median(taken.map((cpu, round) => cpu - (without[round] ?? Number.NaN)));
  const cpu = median(taken).toFixed(4);
  print(`  ${title.padEnd(28)} ${cpu} ms CPU · ${ratio.toFixed(3)} of the first · ${more.toFixed(4)} ms more`);
}

const sinkRounds = 15;
const eventsPerRound = 20_000;

/** Microseconds of CPU that the metrics take of a request that has ended. */
function measureSink(): void {
  const metrics = new ThreadMetrics();
  metrics.fix({ operation: ['Page'], client: ['web'] });
  const sink = metrics.countingRequests('/graphql');
  for (const [title, fetches] of [
    ['one fetch', 1],
    ['eight fetches', 8],
  ] as const) {
    const event = endedRequest(fetches);
    const [middle, least] = microsecondsOf(() => sink.record(event));
    print(`the metrics of a request with ${title}: ${middle} microseconds of CPU, at least ${least}`);
  }
}

/** Microseconds of CPU of traces: of a request that is not sampled, and of making and writing the spans of one that is. */
async function measureTraces(): Promise<void> {
  const { requestSpans, spanOrigin } = await import('../src/observability/traces/spans/index.ts');
  const { ProtobufTraceSerializer } = await import('@opentelemetry/otlp-transformer');
  const isInShare = ratioSampler(0);
  const options = { origin: spanOrigin({ name: 'isthmus', attributes: {} }), scheme: 'http', hasTexts: false } as const;
  const traceparent = `00-${newTraceId()}-${newSpanId()}-00`;
  for (const fetches of [1, 8]) {
    const event = endedRequest(fetches);
    const trace = beginTrace({}, isInShare);
    const begin = (headers: IncomingHttpHeaders): void => {
      event.trace = beginTrace(headers, isInShare);
      for (const fetch of event.operations[0]?.fetches ?? []) {
        fetch.spanId = newSpanId();
        addTraceHeaders(['w3c'], event.trace, fetch.spanId, []);
      }
      isFailed(event);
    };
    const work: Readonly<Record<string, () => void>> = {
      'not sampled': () => begin({}),
      'not sampled, of a client’s trace': () => begin({ traceparent }),
      'sampled: its spans are made': () => void requestSpans(event, trace, options),
      'and written': () => void ProtobufTraceSerializer.serializeRequest([...requestSpans(event, trace, options)]),
    };
    for (const [title, run] of Object.entries(work)) {
      const [middle, least] = microsecondsOf(run);
      print(`traces, a request with ${fetches} fetches, ${title}: ${middle} microseconds of CPU, at least ${least}`);
    }
  }
}

function microsecondsOf(run: () => void): readonly [median: string, least: string] {
  const taken: number[] = [];
  for (let round = -3; round < sinkRounds; round++) {
    const before = process.cpuUsage();
    for (let count = 0; count < eventsPerRound; count++) run();
    const { user, system } = process.cpuUsage(before);
    if (round >= 0) taken.push((user + system) / eventsPerRound);
  }
  return [median(taken).toFixed(2), Math.min(...taken).toFixed(2)];
}

function endedRequest(fetches: number): RequestEvent {
  const of = { id: 'r1', method: 'POST', path: '/graphql', clientAddress: '127.0.0.1' } as const;
  const event = new RequestEvent({ ...of, began: 0, door: 'graphql' });
  event.clientName = 'web';
  event.status = 200;
  event.ended = 5;
  const operation = new OperationEvent(event, 0);
  operation.kind = 'query';
  operation.name = 'Page';
  for (let count = 0; count < fetches; count++) {
    const names = { subgraph: `subgraph ${count}`, kind: 'root', operationType: 'query' } as const;
    const fetch = new FetchEvent({ ...names, isInProcess: false, began: 1 });
    fetch.addAttempt({ began: 1, ended: 3, outcome: 'ok', status: 200 });
    fetch.end('ok', 3);
    operation.fetches.push(fetch);
  }
  operation.end(5);
  event.operations.push(operation);
  return event;
}
