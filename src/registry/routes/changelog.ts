/**
 * The changelog of a graph: of each generation who published it, when and why, and what it changed of the API that clients
 * see. Schemas are composed anew from the texts of a generation, once; generations with the same schemas have no changes.
 */
import type { GraphRef } from '../../config/index.ts';
import { messageOf } from '../../errors/index.ts';
import { isoTime, stableHash } from '../../lib/index.ts';
import type { RegistryTable } from '../../store/index.ts';
import type { ApiChange } from '../checks/index.ts';
import { type GenerationContent, type PublishedGeneration, schemaFile } from '../generation/index.ts';

export interface ChangelogEntry
  extends Pick<PublishedGeneration, 'number' | 'change' | 'actor' | 'commit' | 'message'> {
  /** In ISO 8601. */
  readonly at: string;
  /** What breaks first; null where it is not known, for the reason. */
  readonly changes: readonly ApiChange[] | null;
  readonly reason?: string;
}

export interface ChangelogPage {
  readonly limit: number;
  /** Only generations of lower numbers. */
  readonly before: number | undefined;
}

const maxRemembered = 200;

export class Changelog {
  readonly #table: RegistryTable;
  /** SDL of APIs, by the hash of what they are composed of. */
  readonly #schemas = new Map<string, Promise<string>>();
  readonly #changes = new Map<string, Promise<readonly ApiChange[]>>();

  constructor(table: RegistryTable) {
    this.#table = table;
  }

  /** The newest first. @throws the signal's reason */
  async entries(
    ref: GraphRef,
    { limit, before }: ChangelogPage,
    signal?: AbortSignal,
  ): Promise<readonly ChangelogEntry[]> {
    const generations = await this.#table.history(ref, { limit: limit + 1, before });
    const entries: ChangelogEntry[] = [];
    for (const [index, generation] of generations.slice(0, limit).entries()) {
      signal?.throwIfAborted();
      entries.push(await this.#entryOf(generation, generations[index + 1]));
    }
    return entries;
  }

  async #entryOf(generation: PublishedGeneration, previous: PublishedGeneration | undefined): Promise<ChangelogEntry> {
    const { number, change, actor, commit, message, at, content } = generation;
    const entry = { number, at: isoTime(at), change, actor, commit, message };
    // The first one changes nothing for anyone.
    if (previous === undefined) return { ...entry, changes: [] };
    try {
      return { ...entry, changes: await this.#changesOf(previous.content, content) };
    } catch (error) {
      return { ...entry, changes: null, reason: messageOf(error) };
    }
  }

  #changesOf(before: GenerationContent, after: GenerationContent): Promise<readonly ApiChange[]> {
    const hashes = [schemasHash(before), schemasHash(after)] as const;
    if (hashes[0] === hashes[1]) return Promise.resolve([]);
    return remembered(this.#changes, hashes.join(' '), async () => {
      const { changelogOf } = await import('../checks/index.ts');
      const earlier = await this.#apiSdl(before);
      return changelogOf(earlier, await this.#apiSdl(after));
    });
  }

  #apiSdl(content: GenerationContent): Promise<string> {
    return remembered(this.#schemas, schemasHash(content), async () => {
      const { compose } = await import('../../supergraph/index.ts');
      const subgraphs = Object.entries(content.subgraphs).map(([name, { routingUrl, files }]) => {
        return { name, url: routingUrl ?? '', hash: files[schemaFile] ?? '' };
      });
      const texts = await this.#table.texts(subgraphs.map(({ hash }) => hash));
      const sources = subgraphs.map(({ name, url, hash }) => ({ name, url, sdl: texts.get(hash) ?? '', origin: name }));
      return (await compose(sources)).apiSdl;
    });
  }
}

/** What alone decides the API: neither URLs nor prompts do. */
function schemasHash({ subgraphs }: GenerationContent): string {
  return stableHash(Object.entries(subgraphs).map(([name, { files }]) => [name, files[schemaFile]]));
}

/** What failed is tried again. */
function remembered<Value>(
  memory: Map<string, Promise<Value>>,
  key: string,
  make: () => Promise<Value>,
): Promise<Value> {
  const existing = memory.get(key);
  if (existing !== undefined) return existing;
  const value = make();
  memory.set(key, value);
  const [oldest] = memory.keys();
  if (memory.size > maxRemembered && oldest !== undefined) memory.delete(oldest);
  value.catch(() => memory.delete(key));
  return value;
}
