/** @apollo/gateway on Apollo Server, on bare node:http: the fastest way to serve it. */
import { fileURLToPath } from 'node:url';
import { startChild } from '../process/child.ts';
import type { BenchGateway } from './gateway.ts';
import { packageVersion } from './package-version.ts';

export const apollo: BenchGateway = {
  name: 'apollo',
  title: '@apollo/gateway + Apollo Server',
  path: '/graphql',
  whyNot: () => undefined,
  start: ({ supergraphFile }, _mode, port) =>
    startChild({
      command: [fileURLToPath(new URL('apollo-main.ts', import.meta.url)), supergraphFile, String(port)],
      role: 'gateway',
      environment: { APOLLO_TELEMETRY_DISABLED: '1' },
    }),
  version: () =>
    `${packageVersion('../../node_modules/@apollo/gateway/package.json')} + ${packageVersion('../../node_modules/@apollo/server/package.json')}`,
};
