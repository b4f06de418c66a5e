import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Tests of the state of a process: its memory, sockets, timers, children, threads, and errors nobody handles. */
const processTests = [
  'test/faults/aborted-requests.test.ts',
  'test/faults/long-answers.test.ts',
  'test/faults/models-concurrency.test.ts',
  'test/faults/models-deviant-*.test.ts',
  'test/faults/models-slow-readers.test.ts',
  // A client that is late for its Redis is taken for gone: what other tests leave to do would make it late.
  'test/faults/redis-failover.test.ts',
  'test/faults/transport-bounds.test.ts',
  'test/regression/process/planner-processes.test.ts',
  'test/regression/process/planners-of-generations.test.ts',
  'test/regression/process/retained-memory.test.ts',
  'test/regression/process/stray-code.test.ts',
  'test/regression/process/threads-that-cannot-start.test.ts',
];

/**
 * What two workers could answer otherwise than one thread: what they share or import, each for itself. They run again with
 * `ISTHMUS_TEST_WORKERS=2`. All files of integration, lifecycle, faults and security can be run by hand with that variable. Left
 * out are those
 * - whose gateway is in the application's thread by design: create-gateway, library, plugins, coprocessor (which has a test
 *   with workers of its own), and those that have sinks;
 * - that have workers anyway: budgets, records, metrics, canaries, invalidation, and most of lifecycle;
 * - that only read and write one request, which no other thread sees: clients, recordings, complaints, names, documents.
 * These assume one thread, and fail with two: those that look into a generation (asked, contracts, interleaved), that move the
 * clock of this thread (forged-tokens, stale entities), and that count what each thread does for itself, as
 * docs/operating.md has it: equal requests in flight (traces, ai-abort), introspected tokens (identity), decisions of a service
 * (policies), and how many requests a measured limit would have refused (document-limits). In aborted-requests, threads that
 * take all cores leave none to its subgraph, which has a second to accept connections.
 */
const workersTests = [
  'test/integration/ai/fields-cache.test.ts',
  'test/integration/cache/response-cache.test.ts',
  'test/integration/ai/fields-kinds.test.ts',
  'test/integration/ai/budgets.test.ts',
  'test/integration/sample-graph.test.ts',
  'test/integration/v1/bounds.test.ts',
  'test/integration/v1/openai.test.ts',
  'test/integration/v1/anthropic.test.ts',
  'test/integration/v1/prompts.test.ts',
  'test/integration/v1/promises.test.ts',
  'test/integration/v1/semantic-cache.test.ts',
  'test/lifecycle/hot-swap.test.ts',
];

/**
 * The many short files come last, and no core waits at the end for another's long one: a fresh clone knows no durations.
 * Within a project, files begin in the order of their last durations, or else of their sizes.
 */
class ShortFilesLast extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const projects = ['process', 'workers', 'whole', 'unit'];
    const rank = ({ project }: TestSpecification): number => projects.indexOf(project.name);
    return (await super.sort(files)).toSorted((a, b) => rank(a) - rank(b));
  }
}

export default defineConfig({
  resolve: {
    // As Node itself resolves it: Vite prefers graphql's ES modules, and two graphqls in one process refuse each other.
    alias: [{ find: /^graphql$/, replacement: 'graphql/index.js' }],
  },
  test: {
    // These only tell a hang from an end: a machine that is many times busier still meets them.
    testTimeout: 60_000,
    hookTimeout: 120_000,
    expect: { poll: { interval: 20, timeout: 30_000 } },
    pool: 'forks',
    sequence: { sequencer: ShortFilesLast },
    // Half as many more than cores: files that wait for a process, a timer or a socket leave theirs to others.
    maxWorkers: Math.ceil(availableParallelism() * 1.5),
    execArgv: ['--expose-gc'], // leak tests measure what is left
    env: {
      APOLLO_TELEMETRY_DISABLED: '1',
      // Composition workers, planner processes and spawned commands start with half the CPU.
      NODE_COMPILE_CACHE: join(import.meta.dirname, 'node_modules/.cache/isthmus-tests'),
    },
    projects: [
      // One process runs many files: importing the gateway costs 1 s of CPU, once in a process instead of once in a file.
      { extends: true, test: { name: 'unit', include: ['test/unit/**/*.test.ts'], isolate: false } },
      {
        extends: true,
        test: {
          name: 'whole',
          include: ['test/**/*.test.ts'],
          exclude: ['test/unit/**', ...processTests],
          isolate: false,
        },
      },
      { extends: true, test: { name: 'process', include: processTests } },
      {
        extends: true,
        test: { name: 'workers', include: workersTests, isolate: false, env: { ISTHMUS_TEST_WORKERS: '2' } },
      },
    ],
  },
});
