import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

/** Tests of the state of a process: its memory, sockets, timers, children, threads, and errors nobody handles. */
const processTests = [
  'test/faults/aborted-requests.test.ts',
  'test/faults/long-answers.test.ts',
  'test/faults/models-concurrency.test.ts',
  'test/faults/models-deviant-*.test.ts',
  'test/faults/models-slow-readers.test.ts',
  'test/faults/transport-bounds.test.ts',
  'test/regression/planner-processes.test.ts',
  'test/regression/planners-of-generations.test.ts',
  'test/regression/retained-memory.test.ts',
  'test/regression/stray-code.test.ts',
  'test/regression/threads-that-cannot-start.test.ts',
];

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
    // Vitest leaves one core free by default: on two cores it would run one file at a time.
    maxWorkers: '100%',
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
    ],
  },
});
