/**
 * What addresses of manifests gave last, on disk beside the configuration: a gateway starts, with what it knew, while an
 * address does not answer.
 */
import { randomUUID } from 'node:crypto';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { messageOf } from '../errors/index.ts';
import { readTextFile, stableHash } from '../lib/index.ts';

export interface ManifestCopiesOptions {
  /** Copies are stored beside it, under `.isthmus/documents`. */
  readonly configFile: string;
  /** Called once where the disk cannot be written: the gateway serves all the same. */
  readonly onUnstored: (reason: string) => void;
}

export class ManifestCopies {
  readonly #folder: string;
  readonly #onUnstored: (reason: string) => void;
  readonly #stored = new Map<string, string>();
  #isWritable = true;

  constructor({ configFile, onUnstored }: ManifestCopiesOptions) {
    this.#folder = join(dirname(configFile), '.isthmus', 'documents');
    this.#onUnstored = onUnstored;
  }

  async find(url: string): Promise<string | undefined> {
    return readTextFile(this.#fileOf(url)).catch(() => undefined);
  }

  async store(url: string, text: string): Promise<void> {
    if (this.#stored.get(url) === text) return;
    const file = this.#fileOf(url);
    const temporary = `${file}.${randomUUID()}.tmp`;
    try {
      await mkdir(this.#folder, { recursive: true });
      await writeFile(temporary, text, { flush: true, mode: 0o600 });
      await rename(temporary, file);
      this.#stored.set(url, text);
    } catch (error) {
      if (this.#isWritable) this.#onUnstored(messageOf(error));
      this.#isWritable = false;
    }
  }

  /** The address is hashed, as it may contain a password. */
  #fileOf(url: string): string {
    return join(this.#folder, `${stableHash(url).slice(0, 16)}.json`);
  }
}
