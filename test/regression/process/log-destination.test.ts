/** Log lines may be lost; serving and stopping never depend on the reader of stdout. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, constants, openSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { LogOutput } from '../../../src/observability/log-output.ts';
import { shop } from '../../testkit/graphs/shop.ts';
import { startSubgraph, type TestSubgraph } from '../../testkit/subgraph-server.ts';

let folder: string;
let subgraph: TestSubgraph;
const cleanups: (() => unknown)[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'isthmus-logs-'));
  subgraph = await startSubgraph(shop.products.sdl, shop.products.resolvers);
  await writeFile(join(folder, 'products.graphql'), shop.products.sdl);
});
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});
afterAll(async () => {
  await subgraph.close();
  await rm(folder, { recursive: true, force: true });
});

/** A gateway whose stdout is `stdout`, and that many requests of it. */
async function serveTo(stdout: number | 'pipe', requests: number): Promise<ChildProcess> {
  const port = await freePort();
  const config = join(folder, `supergraph-${port}.yaml`);
  await writeFile(
    config,
    `subgraphs: { products: { routing_url: "${subgraph.url}", schema: { file: products.graphql } } }
server: { port: ${port}, drain_timeout: 2s }
telemetry: { log_level: debug }\n`,
  );
  const child = spawn(process.execPath, ['src/cli/main.ts', 'serve', '--config', config], {
    stdio: ['ignore', stdout, 'inherit'],
  });
  cleanups.push(() => child.kill('SIGKILL'));
  child.stdout?.pause();
  const url = `http://127.0.0.1:${port}`;
  await expect.poll(async () => (await fetch(`${url}/health/ready`)).status).toBe(200);
  // A path of 7 KB each: their lines exceed the buffer of a pipe.
  for (let count = 0; count < requests; count++) {
    const response = await fetch(`${url}/graphql/${'x'.repeat(7_000)}`);
    expect(response.status).toBe(404);
    await response.text();
  }
  const answer = await fetch(`${url}/graphql?query={products{id}}`);
  expect(await answer.json()).toMatchObject({ data: { products: expect.anything() } });
  return child;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}

/** A named pipe that is open and not read. */
function unreadPipe(): number {
  const path = join(folder, `pipe-${cleanups.length}-${Date.now()}`);
  execFileSync('mkfifo', [path]);
  const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const writer = openSync(path, constants.O_WRONLY);
  cleanups.push(() => closeSync(reader));
  return writer;
}

describe('a gateway serves, and stops on SIGTERM,', () => {
  it('with its log on a full disk', async () => {
    const child = await serveTo(openSync('/dev/full', 'w'), 50);
    const ended = once(child, 'exit');
    child.kill('SIGTERM');
    expect(await ended).toEqual([0, null]);
  });

  it('with its log in a socket that nobody reads', async () => {
    const child = await serveTo('pipe', 100);
    const ended = once(child, 'exit');
    child.kill('SIGTERM');
    expect(await ended).toEqual([0, null]);
  });

  it('with its log in a pipe that nobody reads', async () => {
    const child = await serveTo(unreadPipe(), 100);
    const ended = once(child, 'exit');
    child.kill('SIGTERM');
    expect(await ended).toEqual([0, null]);
  });

  it('with its log in a pipe whose reader is closed', async () => {
    const child = await serveTo('pipe', 0);
    child.stdout?.destroy();
    const ended = once(child, 'exit');
    child.kill('SIGTERM');
    expect(await ended).toEqual([0, null]);
  });
});

describe('lines', () => {
  const lostLine = (lost: number): string => `${lost} lost\n`;

  it('that a reader was too slow for are counted, and the rest arrive whole and in order', async () => {
    const path = join(folder, 'slow-reader');
    execFileSync('mkfifo', [path]);
    const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const fd = openSync(path, constants.O_WRONLY);
    const output = new LogOutput({ fd, maxWaiting: 100_000, lostLine });
    for (let count = 0; count < 1_000; count++) output.write(`${count} ${'x'.repeat(990)}\n`);
    const lines = await readLines(reader, /lost\n$/);
    closeSync(reader);
    closeSync(fd);
    const last = lines.pop();
    expect(lines.every((line, place) => line === `${place} ${'x'.repeat(990)}`)).toBe(true);
    expect(lines.length).toBeGreaterThan(90);
    expect(last).toBe(`${1_000 - lines.length} lost`);
  });

  it('that were written last are in a file when the process ends', async () => {
    const path = join(folder, 'at-exit.log');
    const fd = openSync(path, 'a');
    const output = new LogOutput({ fd, lostLine });
    output.write('first\n');
    output.write('last\n');
    output.flushAtExit();
    closeSync(fd);
    expect(readFileSync(path, 'utf8')).toBe('first\nlast\n');
  });
});

async function readLines(fd: number, until: RegExp): Promise<string[]> {
  const { readSync } = await import('node:fs');
  const chunk = Buffer.alloc(65_536);
  let text = '';
  await vi.waitFor(() => {
    for (;;) {
      let read = 0;
      try {
        read = readSync(fd, chunk);
      } catch {
        break; // nothing there yet
      }
      if (read === 0) break;
      text += chunk.toString('utf8', 0, read);
    }
    expect(until.test(text)).toBe(true);
  }, 30_000);
  return text.trimEnd().split('\n');
}
