import { describe, expect, it } from 'vitest';
import type { Plugin } from '../../../src/index.ts';
import { compileHooks, letShareIdentical } from '../../../src/plugins/index.ts';
import { createPluginGateway } from './plugin-gateway.ts';

const silent = { debug() {}, info() {}, warn() {}, error() {}, child: () => silent };

describe('identical operations', () => {
  /** How often a subgraph is called for two identical queries at once. */
  async function subgraphRequests(plugins: readonly Plugin[]): Promise<number> {
    let executed = 0;
    const both = Promise.withResolvers<void>();
    const subgraphs = {
      people: {
        sdl: 'type Query { me: String }',
        execute: async () => {
          executed++;
          await both.promise;
          return { data: { me: 'ada' } };
        },
      },
    };
    const { gateway } = await createPluginGateway(plugins, { subgraphs });
    const ask = () => gateway.fetch(new Request('http://graph/graphql?query={me}'));
    const answers = [ask(), ask()];
    // Both have arrived once a third request, sent after them, has been answered.
    await gateway.fetch(new Request('http://graph/graphql?query={__typename}'));
    both.resolve();
    for (const answer of answers) expect(await (await answer).json()).toEqual({ data: { me: 'ada' } });
    return executed;
  }

  it('are shared with plugins that see each request before or after, or none', async () => {
    let seen = 0;
    const count = () => void seen++;
    expect(await subgraphRequests([{ name: 'around', onRequest: count, onResponse: count, onReload: count }])).toBe(1);
    expect(seen).toBe(1 + 3 * 2);
    expect(await subgraphRequests([{ name: 'within', onPlan: count, onSubgraphRequest: count }])).toBe(1);
  });

  it('are not where a hook may answer them differently', async () => {
    expect(await subgraphRequests([{ name: 'reads headers', onOperation() {} }])).toBe(2);
    expect(await subgraphRequests([{ name: 'hands on', onRequest() {}, onSubgraphRequest() {} }])).toBe(2);
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
