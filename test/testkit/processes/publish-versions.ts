/**
 * A process that publishes versions of one subgraph to the registry of a store, until it has published as many as it was told,
 * or is killed: `node publish-versions.ts CONFIG SUBGRAPH FIRST LAST SEED`. It prints each version with its generation.
 */
import { loadConfig } from '../../../src/config/index.ts';
import { createRegistry } from '../../../src/registry/publish/index.ts';
import { openStore } from '../../../src/store/index.ts';
import { Random } from '../random/random.ts';
import { versionOf } from './version-of.ts';

const [configFile = '', subgraph = '', first = '1', last = '1', seed = '0'] = process.argv.slice(2);
const random = new Random(Number(seed));
const { store: config } = await loadConfig(configFile);
const store = await openStore({ config, configFile, log: { warn: () => undefined } });
const registry = createRegistry({
  store,
  configFile,
  load: (published) => loadConfig(configFile, {}, undefined, published),
});
const ref = { graph: 'shop', variant: 'current' };
for (let version = Number(first); version <= Number(last); version++) {
  const change = { kind: 'publish', subgraphs: [versionOf(subgraph, version, random)] } as const;
  const { generation } = await registry.publish(ref, change, { actor: `test:${subgraph}` });
  process.stdout.write(`${version} ${generation.number}\n`);
}
await store.close();
