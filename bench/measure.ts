/** One line of the table: one gateway, freshly started, under one operation in one mode. */
import type { BenchGateway, GraphFiles } from './gateways/gateway.ts';
import type { BenchOperation, Mode } from './operations.ts';
import type { Child } from './process/child.ts';
import { childrenCpuMs } from './process/child.ts';
import { freePort } from './process/free-port.ts';
import type { LoadOptions, LoadReport } from './process/load-main.ts';
import type { Profile, Usage } from './process/probe.ts';
import type { Measured } from './results.ts';
import { untilReady, verify } from './verify.ts';

export interface MeasureOptions {
  readonly gateway: BenchGateway;
  readonly operation: BenchOperation;
  readonly mode: Mode;
  readonly files: GraphFiles;
  readonly upstream: Child;
  readonly load: Child;
  /** The reference engine's answer to each body. */
  readonly expected: ReadonlyMap<string, string>;
  /** Of each request. @default none */
  readonly headers?: Readonly<Record<string, string>>;
  readonly warmUpMs: number;
  readonly measuredMs: number;
  /** Runs beside the load; the profile of the gateway between its start and end. */
  readonly onProfile?: (profile: Profile) => void;
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** @throws Error where the gateway does not start, does not answer or drops a connection */
export async function measure(options: MeasureOptions): Promise<Measured> {
  const {
    gateway,
    operation,
    mode,
    files,
    upstream,
    load,
    expected,
    warmUpMs,
    measuredMs,
    onProfile,
    headers = {},
  } = options;
  const port = await freePort();
  const child = gateway.start(files, mode, port);
  try {
    await untilReady(port, gateway.path, child.hasEnded);
    const { answerBytes, difference } = await verify(port, gateway.path, operation, expected);
    const before = await child.ask<number>('retainedHeapMb');
    const asked = await upstream.ask<number>('requests');

    const { bodies, connections } = operation;
    const { path } = gateway;
    await load.ask('start', { port, path, connections, bodies, answerBytes, headers } satisfies LoadOptions);
    await pause(warmUpMs);
    if (onProfile !== undefined) await child.ask('beginProfile');
    const [from, ...driversFrom] = await Promise.all([child.ask<Usage>('begin'), ...usages(load, upstream)]);
    await pause(measuredMs);
    const [to, ...driversTo] = await Promise.all([child.ask<Usage>('finish'), ...usages(load, upstream)]);
    if (onProfile !== undefined) onProfile(await child.ask<Profile>('finishProfile'));
    const report = await load.ask<LoadReport>('stop');

    const subgraphRequests = (await upstream.ask<number>('requests')) - asked;
    const ofChildren = childrenCpuMs(child.pid);
    const after = await child.ask<number>('retainedHeapMb');
    const took = tookBetween(report, from.atMs, to.atMs);
    const seconds = (to.atMs - from.atMs) / 1000;
    const driverCpuMs = driversTo.reduce(
      (sum, usage, index) => sum + usage.cpuMs - (driversFrom[index]?.cpuMs ?? 0),
      0,
    );
    const wrong =
      difference ?? (report.wrong === 0 ? undefined : `${report.wrong} answers under load differ in length or status`);
    return {
      kind: 'measured',
      operation: operation.name,
      mode,
      gateway: gateway.name,
      ...(wrong === undefined ? {} : { wrong }),
      answerBytes: Math.max(...answerBytes),
      requests: took.length,
      cpuMsPerRequest: (to.cpuMs - from.cpuMs) / took.length,
      ...(ofChildren === undefined || ofChildren === 0 ? {} : { childrenCpuMs: ofChildren }),
      requestsPerSecond: took.length / seconds,
      p50Ms: quantile(took, 0.5),
      p99Ms: quantile(took, 0.99),
      subgraphRequestsPerRequest: subgraphRequests / report.tookMs.length,
      peakRssMb: to.peakRssMb,
      heapMb: { before, peak: to.peakHeapMb, after },
      driverBusy: driverCpuMs / 1000 / seconds,
    };
  } catch (error) {
    await load.ask('stop').catch(() => undefined); // its own failure is the same one
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`${reason}\n${child.output()}`, { cause: error });
  } finally {
    await child.end();
  }
}

function usages(...children: readonly Child[]): Promise<Usage>[] {
  return children.map((child) => child.ask<Usage>('usage'));
}

/** How long the answers took that were complete between two moments, sorted. */
function tookBetween({ endedAtMs, tookMs }: LoadReport, fromMs: number, toMs: number): Float64Array {
  const took: number[] = [];
  for (const [index, endedAt] of endedAtMs.entries()) {
    if (endedAt >= fromMs && endedAt < toMs) took.push(tookMs[index] ?? 0);
  }
  if (took.length === 0) throw new Error('no request was answered while it was measured');
  return Float64Array.from(took).sort();
}

function quantile(sorted: Float64Array, part: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0;
}
