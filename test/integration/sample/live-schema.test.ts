import { mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { startAccounts } from '../../../subgraphs/accounts/accounts.ts';
import type { RunningService } from '../../../subgraphs/listen.ts';
import { serveSubgraph } from '../../../subgraphs/serve-subgraph.ts';
import { postGraphQL } from './post-graphql.ts';

let folder: string;
let schemaFile: string;
let sdl: string;
const running: RunningService[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'isthmus-sample-'));
  schemaFile = join(folder, 'schema.graphql');
  sdl = await readFile('subgraphs/accounts/schema.graphql', 'utf8');
  await writeFile(schemaFile, sdl);
});
afterEach(async () => {
  vi.restoreAllMocks();
  await Promise.all(running.splice(0).map((service) => service.close()));
  await rm(folder, { recursive: true });
});

async function run(starting: Promise<RunningService>): Promise<string> {
  const service = await starting;
  running.push(service);
  return service.url;
}

const withNickname = () => sdl.replace('  name: String!', '  name: String!\n  nickname: String');

/** Waits until the query is answered without errors. */
const answered = (url: string, query: string) =>
  vi.waitFor(
    async () => {
      const { data, errors } = await postGraphQL(url, query);
      expect(errors).toEqual([]);
      return data;
    },
    { timeout: 30_000, interval: 20 },
  );

describe('editing a schema while the subgraph runs', () => {
  it('serves a field that was just added as null, with the others', async () => {
    const url = await run(startAccounts({ port: 0, schemaFile }));
    expect((await postGraphQL(url, '{ me { nickname } }')).status).toBe(400);
    await writeFile(schemaFile, withNickname());
    expect(await answered(url, '{ user(id: "u1") { name nickname } }')).toEqual({
      user: { name: 'Ada Marlow', nickname: null },
    });
  });

  it('applies a file that an editor replaced, and one without a field that has a resolver', async () => {
    const url = await run(startAccounts({ port: 0, schemaFile }));
    await writeFile(`${schemaFile}.tmp`, withNickname());
    await rename(`${schemaFile}.tmp`, schemaFile);
    await answered(url, '{ me { nickname } }');
    await writeFile(schemaFile, sdl.replace('  me: User', '  someone: User'));
    expect(await answered(url, '{ someone { id } user(id: "u2") { id } }')).toEqual({
      someone: null,
      user: { id: 'u2' },
    });
    expect((await postGraphQL(url, '{ me { id } }')).errors[0]?.extensions.code).toBe('GRAPHQL_VALIDATION_FAILED');
  });

  it('keeps its schema during an invalid edit, and reports it in one line', async () => {
    const url = await run(startAccounts({ port: 0, schemaFile }));
    const written = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
    await writeFile(schemaFile, sdl.replace('users(first: Int = 10): [User!]!', 'users(first: Int = 10): [Usr!]!'));
    await expect.poll(() => written).toHaveBeenCalled();
    expect(written.mock.calls.map(([line]) => line)).toEqual([
      'schema.graphql refused, the schema before it still serves: Unknown type "Usr". Did you mean "User"?\n',
    ]);
    expect((await postGraphQL(url, '{ users(first: 1) { id } }')).data).toEqual({ users: [{ id: 'u1' }] });
    await writeFile(schemaFile, withNickname());
    await answered(url, '{ me { nickname } }');
  });

  it('finishes requests in flight on the schema they began with', async () => {
    const held = Promise.withResolvers<string>();
    const asked = Promise.withResolvers<void>();
    await writeFile(schemaFile, 'type Query { slow: String quick: String }');
    const url = await run(
      serveSubgraph({
        name: 'held',
        schemaFile,
        resolvers: {
          Query: {
            slow: () => {
              asked.resolve();
              return held.promise;
            },
          },
        },
        context: () => ({}),
        port: 0,
      }),
    );
    const slow = postGraphQL(url, '{ slow }');
    await asked.promise;
    await writeFile(schemaFile, 'type Query { quick: String added: String }');
    await answered(url, '{ quick added }');
    held.resolve('done');
    expect(await slow).toMatchObject({ status: 200, data: { slow: 'done' }, errors: [] });
  });

  it('does not start on an invalid schema', async () => {
    await writeFile(schemaFile, 'type Query { broken: }');
    await expect(startAccounts({ port: 0, schemaFile })).rejects.toThrow('Syntax Error');
  });
});
