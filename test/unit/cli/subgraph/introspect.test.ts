import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCommand } from '../../../testkit/processes/run-command.ts';

const sdl = 'type Query { a: Int }';
let folder: string;
let server: Server;
let url: string;
let answer: unknown;
let authorization: string | undefined;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'isthmus-introspect-'));
  server = createServer((request, response) => {
    authorization = request.headers.authorization;
    response.setHeader('content-type', 'application/json').end(JSON.stringify(answer));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/graphql`;
});
afterAll(async () => {
  server.close();
  await rm(folder, { recursive: true, force: true });
});

describe('isthmus subgraph introspect', () => {
  it('prints the schema that a subgraph has of itself, for whom its headers say', async () => {
    answer = { data: { _service: { sdl } } };
    const printed = await runCommand('subgraph', 'introspect', url, '--header', 'Authorization: Bearer t');
    expect(printed).toEqual({ code: 0, out: `${sdl}\n`, errors: '' });
    expect(authorization).toBe('Bearer t');
    const json = await runCommand('subgraph', 'introspect', url, '--json');
    expect(JSON.parse(json.out)).toEqual({ sdl: `${sdl}\n` });
  });

  it('writes it to a file', async () => {
    answer = { data: { _service: { sdl } } };
    const output = join(folder, 'a.graphql');
    expect(await runCommand('subgraph', 'introspect', url, '--output', output)).toMatchObject({ code: 0 });
    expect(await readFile(output, 'utf8')).toBe(`${sdl}\n`);
  });

  it('exits 2 where there is no subgraph, and says why', async () => {
    answer = { errors: [{ message: 'Cannot query field "_service"\u001b[2J' }] };
    const refused = await runCommand('subgraph', 'introspect', url, '--json');
    expect(refused.code).toBe(2);
    expect(JSON.parse(refused.out).error).toMatchObject({
      code: 'SERVER',
      message: expect.stringContaining('Cannot query field "_service"'),
    });
    expect(await runCommand('subgraph', 'introspect', 'http://127.0.0.1:1/')).toMatchObject({ code: 2 });
    expect((await runCommand('subgraph', 'introspect', 'accounts')).errors).toContain('Write a URL');
  });
});
