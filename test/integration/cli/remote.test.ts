/** Commands with `--gateway`: a running gateway does what they do with its store where that is at hand. */
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AiGraph, assistantPrompts, startAiGraph } from '../../testkit/graphs/ai-graph.ts';
import { type CommandResult, runCommand } from '../../testkit/processes/run-command.ts';
import { waiting } from '../../testkit/processes/served-workers.ts';

let graph: AiGraph;
let config: string;
let gateway: string;
beforeAll(async () => {
  graph = await startAiGraph({
    workers: 1,
    ai: '  ledger: true\n  budgets: [{ name: tenants, per: tenant, limit_usd: "100", every: 365d }]',
    yaml: 'admin: { port: 0 }\ntelemetry: { records: true }',
  });
  config = join(graph.gateway.folder, 'supergraph.yaml');
  const line = graph.gateway.log.find(({ msg }) => msg === 'the admin listener listens');
  gateway = new URL(String(line?.adminUrl)).origin;
});
afterAll(() => graph[Symbol.asyncDispose]());

const local = (...words: readonly string[]): Promise<CommandResult> => runCommand(...words, '--config', config);
const remote = (...words: readonly string[]): Promise<CommandResult> => runCommand(...words, '--gateway', gateway);

/** What the gateway says, which is what the store says. */
async function same(...words: readonly string[]): Promise<string> {
  const [ofGateway, ofStore] = [await remote(...words), await local(...words)];
  expect(ofGateway).toEqual(ofStore);
  expect(ofGateway).toMatchObject({ code: 0, errors: '' });
  return ofGateway.out;
}

describe('keys', () => {
  it('are created, rotated and revoked by the gateway, each shown once and in the audit log', async () => {
    const rights = ['--scopes', 'read', '--roles', 'shopper', '--models', 'fast', '--expires', '90d'];
    const { out, errors, code } = await remote('keys', 'create', '--name', 'shop-web', ...rights);
    expect({ code, errors }).toEqual({ code: 0, errors: expect.stringContaining('which is not shown again') });
    const id = /^ist_([^_]+)_\S+\n$/.exec(out)?.[1] ?? '';
    const rotated = JSON.parse((await remote('keys', 'rotate', id, '--overlap', '0', '--json')).out);
    expect(rotated).toMatchObject({ name: 'shop-web', roles: ['shopper'], models: ['fast'], state: 'active' });
    expect(JSON.parse((await remote('keys', 'revoke', rotated.key, '--json')).out)).toMatchObject({ state: 'revoked' });
    expect(await same('keys', 'list')).toContain(`${id}  expired   shop-web`);
    expect(JSON.parse(await same('keys', 'list', '--json'))).toHaveLength(2);
    expect(await same('audit')).toMatch(/^(\S+ {2}local {2}keys\.\w+ {2}.*\n){4}$/);
    const entries: readonly object[] = JSON.parse(await same('audit', '--limit', '3', '--json'));
    expect(entries).toMatchObject([{ action: 'keys.revoke' }, { action: 'keys.rotate' }, { action: 'keys.rotate' }]);
  });

  it('that cannot be changed are refused with the reason', async () => {
    expect(await remote('keys', 'revoke', 'zzzzzzzz')).toMatchObject({
      code: 2,
      errors: 'the gateway refused: there is no key zzzzzzzz; `isthmus keys list` lists them\n',
    });
    expect(await local('keys', 'create', '--name', ' ')).toMatchObject({ code: 2, errors: 'a key has a name\n' });
  });
});

describe('money', () => {
  it('that models have cost is summed, in the forms of the store', async () => {
    await graph.query('query Summaries { products { summary } }', {}, { 'apollographql-client-name': 'web' });
    // The ledger is written behind the answer.
    const isWritten = async () => JSON.parse((await remote('costs', '--json')).out).total.rows > 0;
    await expect.poll(isWritten, waiting).toBe(true);
    const until = new Date().toISOString();
    const span = ['--since', '2026-01-01', '--until', until];
    expect(await same('costs', '--by', 'tenant,field', ...span)).toContain('Product.summary');
    const costs = JSON.parse(await same('costs', '--by', 'client', '--per', 'day', '--json', ...span));
    expect(costs.groups).toMatchObject([{ client: 'web', rows: expect.any(Number) }]);
    expect(await same('costs', '--where', 'client=web', '--csv', ...span)).toMatch(/^tenant,.*\r?\npublic,/);
    expect(await same('costs', 'export', ...span)).toMatch(/^id,at,principal,.*\r?\n.*,Product\.summary,/);
    const rows = (await same('costs', 'export', '--json', ...span)).trim().split('\n');
    expect(rows).toHaveLength(costs.total.rows);
  });

  it('that is left of budgets is listed, and more given', async () => {
    const raise = ['budgets', 'raise', 'tenants', '--subject', 'public', '--until', '2999-01-01'];
    expect(await remote(...raise, '--by', '25.50')).toEqual({
      code: 0,
      out: 'the budget "tenants" of public is raised by $25.5 until 2999-01-01T00:00:00.000Z\n',
      errors: '',
    });
    expect(await same('budgets')).toMatch(/tenants +public +\$125\.5 /);
    expect(JSON.parse(await same('budgets', '--json'))).toMatchObject([{ subject: 'public', used: 0 }]);
    expect((await remote(...raise, '--by', '0')).out).toContain('is not raised any more');
    expect(await remote('budgets', 'raise', 'tennants', '--by', '1', '--until', '1d')).toMatchObject({
      code: 2,
      errors: expect.stringContaining('there is no budget "tennants" under ai.budgets; did you mean "tenants"?'),
    });
  });
});

describe('records', () => {
  it('are found, followed by their id, and summed', async () => {
    await graph.query('query Logged { products { name } }', {}, { 'apollographql-client-name': 'logged' });
    await graph.query('query Logged { nothing }', {}, { 'apollographql-client-name': 'logged' });
    // Records are written behind the answer; the gateway writes those it has before it answers.
    const found = async () => (await remote('log', '--client', 'logged', '--json')).out.split('\n').length;
    await expect.poll(found, waiting).toBe(3);
    const until = ['--since', '1d', '--until', new Date().toISOString()];
    expect(await same('log', '--client', 'logged', ...until)).toContain('"operation":"Logged"');
    expect(await same('log', '--failed', '--client', 'logged', '--no-json', ...until)).toMatch(/^time +status/);
    const record = JSON.parse(await same('log', '--failed', '--client', 'logged', '--json', ...until));
    expect(record).toMatchObject({ requestId: expect.any(String), errors: 1, client: 'logged' });
    expect(await same('log', record.requestId, '--no-json')).toMatch(/^request .*\nclient +logged\n/s);
    const hours = ['log', 'hours', '--by', 'client,operation', '--client', 'logged', '--since', '1d'];
    // Sums follow within seconds; what was refused has no operation.
    const summed = async () => (await remote(...hours, '--json')).out.split('\n').length;
    await expect.poll(summed, waiting).toBe(3);
    expect(JSON.parse((await same(...hours, '--json')).split('\n')[0] ?? '')).toMatchObject({ client: 'logged' });
    expect(await same(...hours, '--per', 'day', '--no-json')).toMatch(/^day +client +operation +count/);
  });

  it('that nothing fits are told with what is nearly called so', async () => {
    const { errors } = await remote('log', '--client', 'loged', '--since', '2h');
    expect(errors).toBe('no operation is recorded that fits; did you mean "logged"?\n');
    expect(await remote('log', 'no-such-request')).toMatchObject({
      code: 2,
      errors: expect.stringContaining('no operation of the request'),
    });
  });
});

describe('people', () => {
  it('are exported and erased by the gateway, from records that are not written yet too', async () => {
    const key = JSON.parse((await remote('keys', 'create', '--name', 'ada', '--json')).out);
    const raise = ['budgets', 'raise', 'tenants', '--by', '1', '--until', '1d'];
    await remote(...raise, '--subject', 'ada');
    const exported = await same('export', '--user', 'ada');
    expect(
      exported
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toMatchObject([
      { kind: 'api_key', id: key.id },
      { kind: 'budget_raise', budget: 'tenants' },
    ]);
    const asked = (await remote('export', '--user', 'anonymous')).out;
    expect(asked).toContain('"kind":"model_call"');
    expect(asked).toContain('"kind":"record"');
    expect((await local('export', '--user', 'anonymous')).out).toBe(asked);
    const erased = JSON.parse((await remote('erase', '--user', 'ada', '--json')).out);
    expect(erased).toMatchObject({ apiKeys: 1, budgetRaises: 1, caches: 'emptied' });
    expect((await remote('erase', '--user', 'anonymous')).out).toMatch(/records deleted +[1-9]/);
    expect(await same('export', '--user', 'ada')).toBe('');
    expect(await same('audit', '--limit', '1')).toMatch(/ local {2}users\.erase {2}erased:/);
  });
});

describe('a gateway', () => {
  it('reads its configuration anew', async () => {
    const { out, code } = await remote('reload');
    expect({ code, out }).toEqual({ code: 0, out: `${gateway}: nothing has changed\n` });
    await rename(config, `${config}.old`);
    const refused = await remote('reload');
    await rename(`${config}.old`, config);
    expect(refused).toMatchObject({ code: 1, errors: expect.stringContaining('refused the change') });
  });

  it('answers AI fields anew, of a prompt or a type', async () => {
    const calls = async () => {
      await graph.query('{ products { summary } }');
      return graph.provider.requests.length;
    };
    const before = await calls();
    expect(await calls()).toBe(before);
    expect((await remote('ai', 'invalidate', '--type', 'Product')).out).toContain('of Product are invalidated');
    expect(await calls()).toBeGreaterThan(before);
  });

  it('names the owner’s own prompts where they are wrong', async () => {
    const own = join(graph.gateway.folder, 'own');
    await mkdir(own);
    const { 'named.prompt': named = '' } = assistantPrompts;
    await writeFile(join(own, 'named.prompt'), named.replace('{{name}}', '{{nome}}'));
    const { errors, code } = await remote('prompt', 'publish', '--subgraph', 'assistant', '--prompts', own);
    expect(code).toBe(1);
    expect(errors).toContain(`(${own}/named.prompt:`);
  });

  it('requires the scope of a change, and a key once there is one', async () => {
    const create = ['keys', 'create', '--json', '--name'];
    const { key } = JSON.parse((await local(...create, 'reader', '--scopes', 'admin:read')).out);
    const isRequired = async () => (await remote('audit')).code === 2;
    await expect.poll(isRequired, waiting).toBe(true);
    expect((await remote('audit')).errors).toMatch(
      /requires an API key .* Name one with --key, or in ISTHMUS_ADMIN_KEY/,
    );
    expect(await remote('budgets', '--key', key)).toMatchObject({ code: 0 });
    for (const words of [
      ['keys', 'revoke', 'abcdefgh'],
      ['budgets', 'raise', 'tenants', '--by', '1', '--until', '1d'],
      ['erase', '--user', 'ada'],
      ['reload'],
      ['cache', 'purge'],
    ])
      expect(await remote(...words, '--key', key)).toMatchObject({
        code: 2,
        errors: 'the gateway refused: This requires the scope admin:write.\n',
      });
  });

  it('is not the graph’s port', async () => {
    const { errors, code } = await runCommand('audit', '--gateway', graph.gateway.url);
    expect({ code, errors }).toEqual({ code: 2, errors: expect.stringContaining('is no admin listener') });
  });
});
