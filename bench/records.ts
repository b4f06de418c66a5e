/**
 * What it takes to record operations: the CPU of the thread that serves and of the thread that records, for each operation,
 * where all are kept and where they are sampled at the default rate. 50 microseconds are a core at 20,000 a second. Then that
 * rate itself for some seconds, and how late timers of the thread that serves are meanwhile: so late would a request be.
 */
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { resolveRecords } from '../src/config/telemetry/records.ts';
import { invariant } from '../src/lib/index.ts';
import { createLogger, EventQueue, FetchEvent, OperationEvent, RequestEvent } from '../src/observability/index.ts';
import { OwnRecorder } from '../src/records/index.ts';
import { median } from './median.ts';
import { print } from './print.ts';

const rounds = 5;
const perRound = 40_000;
/** Between two waits for the thread that records: none is dropped. */
const perStep = 4_000;

export async function measureRecords(): Promise<void> {
  for (const [title, rate] of [
    ['all kept', 10_000_000],
    ['sampled at 100 a second', 100],
  ] as const)
    await measureAt(title, rate);
  for (const areKept of [false, true]) await measureSustained(areKept);
}

export async function openRecorder(folder: string, rate: number): Promise<OwnRecorder> {
  const config = {
    store: { kind: 'sqlite', file: join(folder, 'state.db'), key: undefined, previousKeys: [], line: undefined },
    telemetry: { logLevel: 'warn', metrics: undefined, records: { ...resolveRecords(true), rate } },
    registry: { ref: { graph: 'bench', variant: 'current' } },
    file: join(folder, 'supergraph.yaml'),
  } as unknown as Parameters<typeof OwnRecorder.open>[0];
  const recorder = await OwnRecorder.open(config, createLogger({ level: 'warn', readable: true }));
  invariant(recorder !== undefined, 'the store opens');
  return recorder;
}

async function measureAt(title: string, rate: number): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'isthmus-bench-'));
  const recorder = await openRecorder(folder, rate);
  const sink = recorder.createSink();
  const taken: { readonly all: number; readonly serving: number }[] = [];
  try {
    // The first one has the threads load and compile what they run.
    for (let round = -1; round < rounds; round++) {
      const steps = Array.from({ length: perRound / perStep }, (_, step) =>
        Array.from({ length: perStep }, (_, index) => endedRequest(step * perStep + index)),
      );
      const all = process.cpuUsage();
      const serving = process.threadCpuUsage();
      for (const events of steps) {
        for (const event of events) sink.record(event);
        // What it answers includes all that it was handed before.
        await setTimeout(handedOnMs);
        await recorder.reader.search({ filter: { from: 0, to: 1 }, limit: 1 });
      }
      if (round >= 0)
        taken.push({
          all: sum(process.cpuUsage(all)) / perRound,
          serving: sum(process.threadCpuUsage(serving)) / perRound,
        });
    }
    sink.close();
    await recorder.close();
    const { written, dropped } = recorder.counts;
    const bytes = statSync(join(folder, 'state.records.db')).size / Math.max(1, written);
    const [ofAll, ofServing] = [taken.map(({ all }) => all), taken.map(({ serving }) => serving)];
    print(
      `records, ${title}: ${median(ofAll).toFixed(1)} microseconds of CPU for each operation, at least ${Math.min(...ofAll).toFixed(1)}; ` +
        `of them ${median(ofServing).toFixed(1)} of the thread that serves; ${written} written, ${dropped} dropped, ${bytes.toFixed(0)} bytes each`,
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const perSecond = 20_000;
const sustained = { warmUpMs: 2_000, measuredMs: 6_000 } as const;

/** @param areKept else there is the same load without records, to compare with */
async function measureSustained(areKept: boolean): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'isthmus-bench-'));
  const recorder = await openRecorder(folder, 10_000_000);
  const sink = recorder.createSink();
  const queue = new EventQueue({ sinks: [areKept ? sink : { record: () => undefined }] });
  const late: number[] = [];
  const began = performance.now();
  let sent = 0;
  const sendUntil = async (end: number): Promise<void> => {
    while (performance.now() < end) {
      const due = ((performance.now() - began) * perSecond) / 1_000;
      while (sent < due) queue.add(endedRequest(sent++));
      const asked = performance.now();
      await setTimeout(1);
      late.push(performance.now() - asked - 1);
    }
  };
  try {
    await sendUntil(began + sustained.warmUpMs);
    late.length = 0;
    const cpu = process.cpuUsage();
    await sendUntil(began + sustained.warmUpMs + sustained.measuredMs);
    const cores = sum(process.cpuUsage(cpu)) / 1_000 / sustained.measuredMs;
    queue.end();
    sink.close();
    await recorder.close();
    const { written, dropped } = recorder.counts;
    late.sort((a, b) => a - b);
    const quantile = (part: number): string => (late[Math.floor(late.length * part)] ?? 0).toFixed(2);
    print(
      `${perSecond} operations a second, ${areKept ? 'all kept' : 'without records'}: ${cores.toFixed(2)} of a core; ` +
        `${sent} sent, ${written} written, ${dropped} dropped; timers late by ${quantile(0.5)} ms (p50), ${quantile(0.99)} (p99), ${quantile(0.999)} (p99.9)`,
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The sink hands on after 100 ms. */
const handedOnMs = 250;

const sum = ({ user, system }: NodeJS.CpuUsage): number => user + system;

/** One with two fetches, of one of 50 operations, 3 clients and 20 tenants. */
function endedRequest(index: number): RequestEvent {
  const began = performance.now() - 5;
  const id = `${index.toString(16).padStart(32, '0')}`;
  const of = { id, method: 'POST', path: '/graphql', clientAddress: '127.0.0.1' } as const;
  const event = new RequestEvent({ ...of, began, door: 'graphql' });
  event.clientName = `client ${index % 3}`;
  event.clientVersion = '1.0';
  event.principal = { id: `user ${index % 1_000}`, kind: 'user', tenant: `tenant ${index % 20}` };
  event.generation = '64dd2722dec59198';
  event.status = 200;
  const operation = new OperationEvent(event, began);
  operation.kind = 'query';
  operation.name = `Operation${index % 50}`;
  operation.signature = '0123456789abcdef0123456789abcdef';
  for (const [subgraph, kind] of [
    ['products', 'root'],
    ['reviews', 'entities'],
  ] as const) {
    const fetch = new FetchEvent({ subgraph, kind, operationType: 'query', isInProcess: false, began: began + 1 });
    fetch.addAttempt({ began: began + 1, ended: began + 3, outcome: 'ok', status: 200 });
    fetch.end('ok', began + 3);
    operation.fetches.push(fetch);
  }
  operation.end(began + 1 + (index % 100) / 10);
  event.ended = operation.ended;
  event.operations.push(operation);
  return event;
}
