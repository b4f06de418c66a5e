/** Hive Gateway with its Rust planner, by its own command line; bench/peers/hive.config.js is its configuration. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type Child, startChild } from '../process/child.ts';
import type { BenchGateway } from './gateway.ts';
import { packageVersion } from './package-version.ts';

const peers = fileURLToPath(new URL('../peers/', import.meta.url));
const hivePackage = (name: string) => `../peers/node_modules/@graphql-hive/${name}/package.json`;

export const hive: BenchGateway & {
  start(...options: [...Parameters<BenchGateway['start']>, environment?: Readonly<Record<string, string>>]): Child;
} = {
  name: 'hive',
  title: 'Hive Gateway, Rust planner',
  path: '/graphql',
  whyNot: () =>
    existsSync(new URL(hivePackage('gateway'), import.meta.url))
      ? undefined
      : 'it is not installed: npm ci --prefix bench/peers',
  start: ({ supergraphFile }, mode, port, environment: Readonly<Record<string, string>> = {}) =>
    startChild({
      command: [
        'node_modules/@graphql-hive/gateway/dist/bin.js',
        'supergraph',
        supergraphFile,
        '--config-path',
        'hive.config.js',
        '--host',
        '127.0.0.1',
        '--port',
        String(port),
        '--disable-websockets',
      ],
      role: 'gateway',
      folder: peers,
      environment: { BENCH_SHARE: mode === 'shared' ? 'on' : 'off', ...environment },
    }),
  version: () =>
    `${packageVersion(hivePackage('gateway'))} + router-runtime ${packageVersion(hivePackage('router-runtime'))}`,
};
