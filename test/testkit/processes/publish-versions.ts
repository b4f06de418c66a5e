/**
 * A process that publishes versions of one subgraph to the registry of a store, until it has published as many as it was told,
 * or is killed: `node publish-versions.ts CONFIG SUBGRAPH FIRST LAST`. Version N of the subgraph `a` has the field `aN`.
 */
import { loadConfig } from '../../../src/config/index.ts';
import { createRegistry } from '../../../src/registry/publish/index.ts';
import { openStore } from '../../../src/store/index.ts';

const [configFile = '', subgraph = '', first = '1', last = '1'] = process.argv.slice(2);
const { store: config } = await loadConfig(configFile);
const store = await openStore({ config, configFile, log: { warn: () => undefined } });
const registry = createRegistry({
  store,
  configFile,
  load: (published) => loadConfig(configFile, {}, undefined, published),
});
const ref = { graph: 'shop', variant: 'current' };
for (let version = Number(first); version <= Number(last); version++) {
  const sdl = `type Query { ${subgraph}${version}: Int, ${subgraph}: Int }`;
  const change = { kind: 'publish', subgraphs: [{ name: subgraph, sdl }] } as const;
  const { generation } = await registry.publish(ref, change, { actor: `test:${subgraph}` });
  process.stdout.write(`${version} ${generation.number}\n`);
}
await store.close();
