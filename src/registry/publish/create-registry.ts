/** The registry of a configuration's store. */
import { dirname, join } from 'node:path';
import type { PublishedOverlay, ResolvedConfig } from '../../config/index.ts';
import type { Store } from '../../store/index.ts';
import { emptyContent } from '../generation/index.ts';
import { changeContent } from './change-content.ts';
import { ownSubgraphs } from './own-subgraphs.ts';
import { Registry } from './registry.ts';

export interface RegistryParts {
  readonly store: Pick<Store, 'registry'>;
  /** Its path; candidates are written below `.isthmus` beside it. */
  readonly configFile: string;
  /** Reads the configuration, with what is published over it. @throws ConfigError */
  readonly load: (published?: PublishedOverlay) => Promise<ResolvedConfig>;
}

export function createRegistry({ store, configFile, load }: RegistryParts): Registry {
  return new Registry({
    table: store.registry,
    folder: join(dirname(configFile), '.isthmus', 'registry', 'contents'),
    async read(candidate) {
      // What only goes back to an earlier generation composes nothing, and loads nothing for it.
      const { readSupergraph } = await import('../../read-supergraph.ts');
      return readSupergraph(await load(candidate), { loadsPlugins: false });
    },
    async own({ graph, variant }) {
      const config = await load();
      const { ref, remote } = config.registry;
      const isFollowed = remote === undefined && ref.graph === graph && ref.variant === variant;
      // A graph that was served from files goes on from there.
      if (!isFollowed || config.subgraphs.length === 0) return undefined;
      return changeContent(emptyContent, { kind: 'publish', subgraphs: await ownSubgraphs(config) });
    },
  });
}
