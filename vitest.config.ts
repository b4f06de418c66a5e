import { defineConfig } from 'vitest/config';

export default defineConfig({
  resolve: {
    // As Node itself resolves it: Vite prefers graphql's ES modules, and two graphqls in one process refuse each other.
    alias: [{ find: /^graphql$/, replacement: 'graphql/index.js' }],
  },
  test: {
    testTimeout: 20_000,
    hookTimeout: 60_000,
    pool: 'forks',
    execArgv: ['--expose-gc'], // leak tests measure what is left
    env: { APOLLO_TELEMETRY_DISABLED: '1' },
    projects: [
      // Unit tests share no state of a process: one process for many files saves a third of their CPU.
      { extends: true, test: { name: 'unit', include: ['test/unit/**/*.test.ts'], isolate: false } },
      { extends: true, test: { name: 'whole', include: ['test/**/*.test.ts'], exclude: ['test/unit/**'] } },
    ],
  },
});
