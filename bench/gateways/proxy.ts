/** The floor: a bare Node proxy that passes the request on to one upstream, which answers it whole. */
import { fileURLToPath } from 'node:url';
import { startChild } from '../process/child.ts';
import type { BenchGateway } from './gateway.ts';

export const proxy: BenchGateway = {
  name: 'proxy',
  title: 'floor: bare Node proxy, one hop',
  path: '/whole',
  whyNot: () => undefined,
  start: ({ upstreamPort }, _mode, port) =>
    startChild({
      command: [fileURLToPath(new URL('proxy-main.ts', import.meta.url)), String(upstreamPort), String(port)],
      role: 'gateway',
    }),
  version: () => process.version,
};
