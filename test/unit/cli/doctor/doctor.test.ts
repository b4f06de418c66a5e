/** Set-ups that are really broken, several in one run each. */
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { skewFinding } from '../../../../src/cli/doctor/clock-finding.ts';
import type { Finding } from '../../../../src/cli/doctor/finding.ts';
import { shop } from '../../../testkit/graphs/shop.ts';
import { runCommand } from '../../../testkit/processes/run-command.ts';
import { startSubgraph } from '../../../testkit/subgraph-server.ts';

let folder: string;
const servers: Server[] = [];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'isthmus-doctor-'));
});
afterAll(async () => {
  for (const server of servers) server.close();
  await rm(folder, { recursive: true, force: true });
});

async function project(name: string, files: Readonly<Record<string, string>>): Promise<string> {
  const path = join(folder, name);
  await mkdir(path);
  for (const [file, text] of Object.entries(files)) await writeFile(join(path, file), text);
  return join(path, 'supergraph.yaml');
}

async function examine(config: string) {
  const { out, code } = await runCommand('doctor', '--config', config, '--json');
  const { checks } = JSON.parse(out) as { readonly checks: readonly Finding[] };
  const of = (check: string): readonly Finding[] => checks.filter((finding) => finding.check === check);
  return { code, checks, of, out };
}

const problem = (message: string, fix: string) => ({
  state: 'problem',
  message: expect.stringContaining(message),
  fix: expect.stringContaining(fix),
});

describe('isthmus doctor', { timeout: 60_000 }, () => {
  it('finds a machine, a configuration and a graph in order, and exits 0', async () => {
    const subgraph = await startSubgraph(shop.products.sdl, shop.products.resolvers);
    const config = await project('sound', {
      'a.graphql': shop.products.sdl,
      'supergraph.yaml': `subgraphs: { products: { routing_url: "${subgraph.url}", schema: { file: a.graphql } } }
server: { port: 0 }\nadmin: false\n`,
    });
    const { code, checks, of } = await examine(config);
    await subgraph.close();
    expect(checks.filter(({ state }) => state === 'problem')).toEqual([]);
    expect(code).toBe(0);
    expect(of('subgraph products')).toMatchObject([
      { state: 'ok', message: expect.stringContaining('has the schema of') },
    ]);
    expect(of('node')).toMatchObject([{ state: 'ok' }]);
  });

  it('says of each thing that is broken what it is and how it is mended, and exits 1', async () => {
    const taken = createServer();
    servers.push(taken);
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
    const { port } = taken.address() as { readonly port: number };
    const subgraph = await startSubgraph('type Query { a: Int other: Int }', { Query: { a: () => 1, other: () => 1 } });
    const config = await project('broken', {
      'a.graphql': 'type Query { a: Int }',
      'ai.graphql':
        'extend schema @link(url: "https://isthmus.dev/ai/v1.0", import: ["@generate"])\ntype Query { b(x: String!): String @generate(prompt: "b", maxOutputTokens: 9) }',
      'b.prompt': '---\nmodel: fast\n---\n{{#shout x}}',
      'cert.pem': 'no certificate',
      'key.pem': 'no key',
      '.isthmus': 'a file where the folder would be',
      'no.db': 'no database at all, but a text that is long enough to be looked at',
      'supergraph.yaml': `subgraphs:
  changed: { routing_url: "${subgraph.url}", schema: { file: a.graphql } }
  down: { routing_url: "http://me:secretpw@127.0.0.1:1/graphql", schema: { file: a.graphql } }
  ai: { ai: true, schema: { file: ai.graphql }, prompts: . }
server: { port: ${port}, workers: 200, tls: { cert: cert.pem, key: key.pem } }
admin: false
store: { url: "sqlite:no.db" }
cache: { store: redis, url: "redis://u:secretpw@127.0.0.1:1" }
ai: { providers: { openai: { kind: openai, base_url: "http://127.0.0.1:1", api_key: "\${DOCTOR_KEY:-}" } }, models: { fast: [openai/gpt-4.1] } }
`,
    });
    const { code, of, out } = await examine(config);
    await subgraph.close();
    expect(code).toBe(1);
    expect(of('port')).toMatchObject([problem('EADDRINUSE', 'choose another server.port')]);
    expect(of('subgraph down')).toMatchObject([problem('ECONNREFUSED', 'subgraphs.down.routing_url')]);
    expect(of('subgraph changed')).toMatchObject([
      { state: 'warning', fix: expect.stringContaining('isthmus subgraph introspect') },
    ]);
    expect(of('prompts')).toMatchObject([problem('b.prompt:4: the template cannot be read', 'correct the line')]);
    expect(of('certificate')).toMatchObject([problem('cannot be read', 'server.tls.cert')]);
    expect(of('.isthmus')).toMatchObject([problem('is no folder', 'remove')]);
    expect(of('store')).toMatchObject([problem('not an SQLite database', 'supergraph.yaml')]);
    expect(of('redis')).toMatchObject([problem('ECONNREFUSED', 'its URL')]);
    expect(of('workers')).toMatchObject([{ state: 'warning', fix: expect.stringContaining('server.workers') }]);
    expect(of('provider openai')).toMatchObject([{ state: 'warning', fix: 'set the environment variable DOCTOR_KEY' }]);
    expect(of('model fast')).toMatchObject([{ state: 'warning', fix: expect.stringContaining('local/extractive') }]);
    expect(of('composition').map(({ state }) => state)).toContain('problem');
    expect(out).not.toContain('secretpw');
  });

  it('tells a subgraph that answers gateways alone from one that is down', async () => {
    const subgraph = await startSubgraph('type Query { a: Int }', {});
    subgraph.intercept = (_request, response) => {
      const errors = [{ message: 'Who are you?', extensions: { code: 'UNAUTHENTICATED' } }];
      response.writeHead(401, { 'content-type': 'application/json' }).end(JSON.stringify({ errors }));
    };
    const files = (access: string) => ({
      'a.graphql': 'type Query { a: Int }',
      'supergraph.yaml': `subgraphs: { a: { routing_url: "${subgraph.url}", schema: { file: a.graphql } } }
server: { port: 0 }\nadmin: false\n${access}`,
    });
    const told = await examine(await project('told', files('access: { to_subgraphs: true }')));
    const untold = await examine(await project('untold', files('')));
    await subgraph.close();
    expect(told.of('subgraph a')).toMatchObject([{ state: 'ok', message: expect.stringContaining('gateways alone') }]);
    expect(untold.of('subgraph a')).toMatchObject([
      { state: 'warning', message: expect.stringContaining('Who are you?'), fix: expect.stringContaining('_service') },
    ]);
  });

  it('names what is wrong of a configuration, with its line, and still looks at the machine', async () => {
    const config = await project('wrong', {
      'supergraph.yaml':
        'subgraphs: { a: { routing_url: "${DOCTOR_URL}", schema: { file: a.graphql } } }\nserver: { prot: 1 }\n',
    });
    const { code, of } = await examine(config);
    expect(code).toBe(1);
    expect(of('configuration')[0]).toMatchObject(problem('DOCTOR_URL is not set', 'correct the line'));
    expect(of('disk')).toHaveLength(1);
    const missing = await examine(join(folder, 'nowhere.yaml'));
    expect(missing.of('configuration')).toMatchObject([problem('there is no such file', 'isthmus init')]);
  });

  it('finds a key that others may read', async () => {
    const config = await project('key', {
      'a.graphql': 'type Query { a: Int }',
      'supergraph.yaml':
        'subgraphs: { a: { routing_url: "http://127.0.0.1:1", schema: { file: a.graphql } } }\nstore: { url: "sqlite:state.db" }\nserver: { port: 0 }\n',
    });
    expect((await runCommand('keys', 'list', '--config', config)).code).toBe(0);
    const key = join(folder, 'key/state.key');
    await chmod(key, 0o644);
    expect((await examine(config)).of('key file')).toMatchObject([problem('644', `chmod 600 ${key}`)]);
    await chmod(key, 0o600);
    expect((await examine(config)).of('key file')).toMatchObject([{ state: 'ok' }]);
  });

  it('prints text for a reader, the fix below what is wrong', async () => {
    const { out } = await runCommand('doctor', '--config', join(folder, 'nowhere.yaml'));
    expect(out).toMatch(/^problem {2}configuration: .*no such file.*\n {9}fix: .*isthmus init/m);
    expect(out).toMatch(/\n1 problem, \d+ warnings?, \d+ in order\n$/);
  });
});

describe('clocks', () => {
  it('that differ are a warning, either way', () => {
    expect(skewFinding('redis', 400)).toMatchObject({ state: 'ok' });
    expect(skewFinding('redis', 61_000)).toMatchObject({
      state: 'warning',
      message: 'this machine is 61 s ahead of it',
    });
    expect(skewFinding('redis', -61_000)).toMatchObject({ message: 'this machine is 61 s behind it' });
  });
});
