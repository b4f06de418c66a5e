/** Commands with `--gateway`: a running gateway does what they do with its store where that is at hand. */
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AiGraph, startAiGraph } from '../../testkit/graphs/ai-graph.ts';
import { type CommandResult, runCommand } from '../../testkit/processes/run-command.ts';

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
