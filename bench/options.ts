/** The command line of the federation benchmark. */
import { parseArgs } from 'node:util';

export const usage = `node bench/main.ts [options]       the federation benchmark
node bench/main.ts ai --help    the model client behind /v1
node bench/main.ts fields --help    AI fields of the graph
node bench/main.ts peers        Isthmus beside every peer, in interleaved rounds
node bench/main.ts guards       the guards of models' input and output
node bench/main.ts stalls       how long the event loop is held up
node bench/main.ts cache        cached answers beside bare Fastify and Hive Gateway's
node bench/main.ts caches       keys and hits of the answer caches
node bench/main.ts observability    metrics, logs, traces, records: what it costs to be seen
node bench/main.ts workers      two workers beside one thread

  --only <names>        of isthmus, apollo, hive, proxy (default: all)
  --operation <names>   of benchmark, flat, three-hops, list-500, list-5000; of workers benchmark, flat, call, hits (default: all)
  --mode <names>        of separate, shared (default: both)
  --warmup <seconds>    (default: 5)
  --measure <seconds>   (default: 8)
  --rounds <number>     each line so often, each time a fresh process; the median by CPU counts (default: 1)
  --output <file>       where the results go (default: bench/results.json, of a run of everything)
`;

export interface BenchOptions {
  readonly wants: (kind: 'only' | 'operation' | 'mode', name: string) => boolean;
  readonly warmUpMs: number;
  readonly measuredMs: number;
  readonly rounds: number;
  /** Undefined where a part was run and nobody said where its results go. */
  readonly output: string | undefined;
}

/** @throws TypeError for what it does not know */
export function readOptions(words: readonly string[]): BenchOptions | 'help' {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({
    args: [...words],
    options: {
      only: text,
      operation: text,
      mode: text,
      warmup: { ...text, default: '5' },
      measure: { ...text, default: '8' },
      rounds: { ...text, default: '1' },
      output: text,
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return 'help';
  const everything = values.only === undefined && values.operation === undefined && values.mode === undefined;
  return {
    wants: (kind, name) => values[kind]?.split(',').includes(name) ?? true,
    warmUpMs: readSeconds('--warmup', values.warmup),
    measuredMs: readSeconds('--measure', values.measure),
    rounds: readRounds(values.rounds),
    output: values.output ?? (everything ? 'bench/results.json' : undefined),
  };
}

export function readSeconds(flag: string, text: string): number {
  const seconds = Number(text);
  if (!(seconds > 0 && seconds <= 600)) throw new TypeError(`${flag} takes seconds, up to 600`);
  return seconds * 1000;
}

export function readRounds(text: string): number {
  const rounds = Number(text);
  if (!Number.isInteger(rounds) || rounds < 1 || rounds > 99)
    throw new TypeError('--rounds takes a whole number from 1 on');
  return rounds;
}
