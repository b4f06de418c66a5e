/**
 * Loaded before everything else in each process of the benchmark (`node --import`): tells what the process itself has
 * used. Costs nothing while nobody asks, except for reading the heap's size every 100 ms between `begin` and `finish`.
 */
import { Session } from 'node:inspector';
import { constants, type PerformanceEntry, type PerformanceNodeEntry, PerformanceObserver } from 'node:perf_hooks';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { answerParent, clockMs } from './answer-parent.ts';

export interface Usage {
  readonly atMs: number;
  /** User and system time of every thread of this process since it started, without its children. */
  readonly cpuMs: number;
  /** The most resident memory since the process started. */
  readonly peakRssMb: number;
  /** The largest heap seen between `begin` and `finish`. */
  readonly peakHeapMb: number;
}

const megabyte = 1024 * 1024;
let peakHeap = 0;
let sampling: NodeJS.Timeout | undefined;

function sampleHeap(): void {
  peakHeap = Math.max(peakHeap, process.memoryUsage().heapUsed);
}

function usage(): Usage {
  const { user, system } = process.cpuUsage();
  return {
    atMs: clockMs(),
    cpuMs: (user + system) / 1000,
    peakRssMb: process.resourceUsage().maxRSS / 1024,
    peakHeapMb: peakHeap / megabyte,
  };
}

/** What is still reachable; for before and after, never between. */
function retainedHeapMb(): number {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  collect();
  collect();
  return process.memoryUsage().heapUsed / megabyte;
}

export interface Profile {
  /** A V8 CPU profile as JSON. */
  readonly cpu: string;
  /** Pauses of the garbage collector by kind. */
  readonly pauses: Readonly<Record<string, { readonly count: number; readonly ms: number }>>;
}

const collections: Readonly<Record<number, string>> = {
  [constants.NODE_PERFORMANCE_GC_MINOR]: 'scavenge',
  [constants.NODE_PERFORMANCE_GC_MAJOR]: 'mark-compact',
  [constants.NODE_PERFORMANCE_GC_INCREMENTAL]: 'incremental marking',
  [constants.NODE_PERFORMANCE_GC_WEAKCB]: 'weak callbacks',
};
const pauses: Record<string, { count: number; ms: number }> = {};
const collector = new PerformanceObserver((list) => list.getEntries().forEach(countPause));

function countPause(entry: PerformanceEntry): void {
  const { duration, detail } = entry as PerformanceNodeEntry;
  const kind = collections[(detail as { readonly kind?: number }).kind ?? 0] ?? 'other';
  pauses[kind] ??= { count: 0, ms: 0 };
  pauses[kind].count++;
  pauses[kind].ms += duration;
}

const session = new Session();

/** The inspector's own protocol, which answers in the same turn for the profiler. */
function post(method: string, parameters?: object): unknown {
  let answer: unknown;
  session.post(method, parameters, (error: Error | null, result?: object) => {
    if (error !== null) throw error;
    answer = result;
  });
  return answer;
}

answerParent({
  usage,
  retainedHeapMb,
  begin() {
    peakHeap = 0;
    sampleHeap();
    sampling = setInterval(sampleHeap, 100);
    sampling.unref();
    return usage();
  },
  finish() {
    clearInterval(sampling);
    sampleHeap();
    return usage();
  },
  beginProfile() {
    collector.observe({ entryTypes: ['gc'] });
    session.connect();
    post('Profiler.enable');
    post('Profiler.setSamplingInterval', { interval: 200 });
    post('Profiler.start');
  },
  finishProfile(): Profile {
    collector.takeRecords().forEach(countPause);
    collector.disconnect();
    const { profile } = post('Profiler.stop') as { readonly profile: unknown };
    session.disconnect();
    return { cpu: JSON.stringify(profile), pauses };
  },
});

if (process.send !== undefined) {
  process.on('disconnect', () => process.exit(0));
  process.channel?.unref();
}
