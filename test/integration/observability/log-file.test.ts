import { mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { spawnIsthmus } from '../../testkit/processes/spawn-isthmus.ts';
import { startSubgraph } from '../../testkit/subgraph-server.ts';

const folder = await mkdtemp(join(tmpdir(), 'isthmus-log-'));
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('a log file of two workers', () => {
  it('has whole lines of all threads in the form that is asked for, and is begun anew after SIGHUP', async () => {
    const path = join(folder, 'gateway.log');
    const sdl = 'type Query { a: Int }';
    const subgraph = await startSubgraph(sdl, { Query: { a: () => 1 } });
    await writeFile(join(folder, 'a.graphql'), sdl);
    const config = join(folder, 'supergraph.yaml');
    await writeFile(
      config,
      `subgraphs: { a: { routing_url: "${subgraph.url}", schema: { file: a.graphql } } }
server: { workers: 2, port: 0 }
admin: { port: 0 }
store: { url: "sqlite:${folder}/state.db" }
telemetry: { log: { format: ecs, file: { path: gateway.log } } }
`,
    );
    const serving = spawnIsthmus(['serve', '--config', config, '--no-watch']);
    const linesIn = async (file: string): Promise<readonly Record<string, unknown>[]> =>
      (await readFile(file, 'utf8').catch(() => ''))
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line));
    const messagesIn = async (file: string) => (await linesIn(file)).map(({ message }) => message);
    await expect.poll(() => messagesIn(path)).toContain('listening');
    const listening = (await linesIn(path)).find(({ message }) => message === 'listening');
    const { url } = (listening?.isthmus ?? {}) as { url: string };
    const ask = (id: string) =>
      fetch(`${url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-request-id': id, connection: 'close' },
        body: '{"query":"{ a }"}',
      }).then((response) => response.text());
    const requestsIn = async (file: string) =>
      (await linesIn(file)).flatMap((line) => (line.message === 'request' ? [line['http.request.id']] : [])).sort();
    const ids = Array.from({ length: 20 }, (_, number) => `r-${String(number).padStart(2, '0')}`);
    await Promise.all(ids.map(ask));
    await expect.poll(() => requestsIn(path)).toEqual(ids);
    await rename(path, `${path}.old`);
    serving.child.kill('SIGHUP');
    await ask('after');
    await expect.poll(() => requestsIn(path)).toEqual(['after']);
    serving.child.kill('SIGTERM');
    await serving.ended;
    expect((await messagesIn(path)).at(-1)).toBe('stopped');
    expect(serving.output()).toBe('');
    await subgraph.close();
  });
});
