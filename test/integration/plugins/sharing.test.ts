import { describe, expect, it, onTestFinished } from 'vitest';
import type { Plugin } from '../../../src/index.ts';
import type { RequestEvent } from '../../../src/observability/index.ts';
import { compileHooks, letShareIdentical } from '../../../src/plugins/index.ts';
import { startSubgraph } from '../../testkit/subgraph-server.ts';
import { createPluginGateway } from './plugin-gateway.ts';

const silent = { debug() {}, info() {}, warn() {}, error() {}, child: () => silent };

describe('identical operations', () => {
  /** How many of two identical queries at once are run. */
  async function runsOf(plugins: readonly Plugin[]): Promise<number> {
    const both = Promise.withResolvers<string>();
    const { url, close } = await startSubgraph('type Query { me: String }', { Query: { me: () => both.promise } });
    onTestFinished(close);
    const config = { subgraphs: { people: { routing_url: url, schema: { subgraph_url: url } } } };
    const events: RequestEvent[] = [];
    const sinks = [{ record: (event: RequestEvent) => void events.push(event) }];
    const { gateway } = await createPluginGateway(plugins, { subgraphs: {}, config, sinks });
    const ask = () => gateway.fetch(new Request('http://graph/graphql?query={me}'));
    const answers = [ask(), ask()];
    // Both have arrived once a third request, sent after them, has been answered.
    await gateway.fetch(new Request('http://graph/graphql?query={__typename}'));
    both.resolve('ada');
    for (const answer of answers) expect(await (await answer).json()).toEqual({ data: { me: 'ada' } });
    await expect.poll(() => events).toHaveLength(3);
    const operations = events.flatMap((event) => event.operations);
    return operations.filter(({ source, fetches }) => source === 'made' && fetches.length > 0).length;
  }

  it('are shared with plugins that see each request before or after, or none', async () => {
    let seen = 0;
    const count = () => void seen++;
    expect(await runsOf([{ name: 'around', onRequest: count, onResponse: count, onReload: count }])).toBe(1);
    expect(seen).toBe(1 + 3 * 2);
    expect(await runsOf([{ name: 'within', onPlan: count, onSubgraphRequest: count }])).toBe(1);
  });

  it('are not where a hook may answer them differently', async () => {
    expect(await runsOf([{ name: 'reads headers', onOperation() {} }])).toBe(2);
    expect(await runsOf([{ name: 'hands on', onRequest() {}, onSubgraphRequest() {} }])).toBe(2);
  });

  it('are decided for each set of hooks', () => {
    const shared = (...names: (keyof Plugin)[]): boolean => {
      const hooks = Object.fromEntries(names.map((name) => [name, () => {}]));
      return letShareIdentical(compileHooks([{ name: 'test', ...hooks }], silent));
    };
    expect(letShareIdentical(undefined)).toBe(true);
    expect(shared('onReload', 'onModelCall', 'onPlan', 'onSubgraphRequest')).toBe(true);
    expect(shared('onRequest', 'onResponse', 'onModelCall')).toBe(true);
    expect(shared('onOperation')).toBe(false);
    for (const around of ['onRequest', 'onResponse'] as const)
      for (const within of ['onPlan', 'onSubgraphRequest'] as const) expect(shared(around, within)).toBe(false);
  });
});
