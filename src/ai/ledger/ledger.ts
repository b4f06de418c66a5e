/**
 * The ledger as the main thread has it: the folder that threads write their segments in, which it imports each second, and
 * the store. At the start it imports what processes have left that ended without doing so.
 */
import { existsSync } from 'node:fs';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ConfigError, type ResolvedConfig } from '../../config/index.ts';
import { messageOf } from '../../errors/index.ts';
import { createTextCipher, newId } from '../../lib/index.ts';
import type { Logger } from '../../observability/index.ts';
import type { LedgerTable, Store } from '../../store/index.ts';
import { createLock, type FolderLock, tryLock } from './folder-lock.ts';
import { ForeignSegments, SegmentImport, type SegmentImportOptions } from './import-segments.ts';

/** What a thread writes segments with; it can be sent to one. */
export interface LedgerAccess {
  /** Of this process alone. */
  readonly folder: string;
  /** What names are encrypted with. */
  readonly key: Uint8Array;
}

interface LedgerParts {
  readonly store: Store;
  readonly access: LedgerAccess;
  readonly lock: FolderLock;
  readonly segments: SegmentImport;
  /** How long rows are kept; undefined: for ever. */
  readonly keepMs: number | undefined;
  /** How many rows are kept; undefined: all. */
  readonly maxRows: number | undefined;
  readonly log: Logger;
}

const importMs = 1_000;
const pruneEveryMs = 3_600_000;

export class Ledger {
  readonly access: LedgerAccess;
  readonly #parts: LedgerParts;
  #importing: Promise<void> = Promise.resolve();
  #hasFailed = false;
  #prunedAt = Number.NEGATIVE_INFINITY;
  #timer: NodeJS.Timeout | undefined;

  private constructor(parts: LedgerParts) {
    this.#parts = parts;
    this.access = parts.access;
  }

  /**
   * Opens the ledger of a configuration, with everything in it that ended processes have left.
   * @throws ConfigError where the store or the folder cannot be used
   */
  static async open(config: Pick<ResolvedConfig, 'ai' | 'store' | 'file'>, log: Logger): Promise<Ledger> {
    const { openStore } = await import('../../store/index.ts');
    const store = await openStore({ config: config.store, configFile: config.file, log, isServing: true });
    const { folder, keepMs, maxRows } = config.ai.ledger;
    try {
      const key = store.deriveKey('ledger segments');
      const reading = { table: store.ledger, cipher: createTextCipher(key), onUnreadable: unreadable(log) };
      await mkdir(folder, { recursive: true, mode: 0o700 });
      await importLeft(folder, reading, log);
      const { path, lock } = await ownFolder(folder);
      const segments = new SegmentImport({ ...reading, folder: path });
      const ledger = new Ledger({ store, access: { folder: path, key }, lock, segments, keepMs, maxRows, log });
      ledger.#importLater();
      return ledger;
    } catch (error) {
      await store.close();
      const message = `the ledger cannot be written in ${folder}: ${messageOf(error)}`;
      throw new ConfigError(config.file, [{ path: 'ai.ledger', line: undefined, message }]);
    }
  }

  /** Whether it cannot be written to the store. */
  get isFailing(): boolean {
    return this.#hasFailed;
  }

  /** The rows, once everything that has been settled until now is there. @throws where the store does not answer */
  async imported(): Promise<LedgerTable> {
    await this.#importNow();
    return this.#parts.store.ledger;
  }

  #importNow(): Promise<void> {
    return this.#serially(() => this.#parts.segments.importSettled());
  }

  /** Never rejects. What a thread has not settled is counted at its bound. */
  async threadEnded(holder: number): Promise<void> {
    await this.#logged(() => this.#serially(() => this.#parts.segments.importEnded(holder)));
  }

  /** Call it when no thread writes any more. What cannot be imported now is imported at the next start. */
  async close(): Promise<void> {
    clearTimeout(this.#timer);
    const { segments, lock, access, store } = this.#parts;
    await this.#logged(async () => {
      await this.#serially(() => segments.importEnded());
      await rm(access.folder, { recursive: true, force: true });
    });
    lock.release();
    await store.close();
  }

  #serially(work: () => Promise<void>): Promise<void> {
    const done = this.#importing.then(work);
    this.#importing = done.catch(() => undefined);
    return done;
  }

  #importLater(): void {
    this.#timer = setTimeout(() => {
      const work = async (): Promise<void> => {
        await this.#importNow();
        await this.#prune();
      };
      void this.#logged(work).then(() => this.#timer?.refresh());
    }, importMs);
    this.#timer.unref();
  }

  /** Once an hour, and first after the start. */
  async #prune(): Promise<void> {
    const { keepMs, maxRows, store, log } = this.#parts;
    const now = performance.now();
    if ((keepMs ?? maxRows) === undefined || now - this.#prunedAt < pruneEveryMs) return;
    this.#prunedAt = now;
    let rows = 0;
    await this.#serially(async () => {
      if (keepMs !== undefined) rows += await store.ledger.prune(Date.now() - keepMs);
      if (maxRows !== undefined) rows += await store.ledger.pruneTo(maxRows);
    });
    if (rows > 0) log.info({ rows }, 'old rows of the ledger were deleted; the sums of their hours stay');
  }

  async #logged(work: () => Promise<void>): Promise<void> {
    const { log } = this.#parts;
    try {
      await work();
      if (this.#hasFailed) log.info({}, 'the ledger is written to the store again');
      this.#hasFailed = false;
    } catch (error) {
      if (!this.#hasFailed)
        log.warn({ reason: messageOf(error) }, 'the ledger cannot be written to the store; its rows are kept in files');
      this.#hasFailed = true;
    }
  }
}

const unreadable = (log: Logger) => (file: string, lines: number) =>
  log.error({ file, lines }, 'lines of the ledger cannot be read: the machine stopped while they were written');

async function ownFolder(parent: string): Promise<{ readonly path: string; readonly lock: FolderLock }> {
  for (;;) {
    const path = join(parent, newId('').slice(0, 16));
    // First of all: who finds a folder finds its lock held.
    const lock = createLock(`${path}.lock`);
    if (lock === undefined) continue;
    await mkdir(path, { mode: 0o700 });
    return { path, lock };
  }
}

/** What ended processes have left. */
async function importLeft(
  parent: string,
  reading: Omit<SegmentImportOptions, 'folder'>,
  log: Pick<Logger, 'error'>,
): Promise<void> {
  for (const name of (await readdir(parent)).filter((entry) => entry.endsWith('.lock'))) {
    const lock = tryLock(join(parent, name));
    if (lock === undefined) continue;
    const folder = join(parent, name.slice(0, -'.lock'.length));
    try {
      if (existsSync(folder)) await new SegmentImport({ ...reading, folder }).importEnded();
      await rm(folder, { recursive: true, force: true });
      lock.release();
    } catch (error) {
      lock.leave();
      if (!(error instanceof ForeignSegments)) throw error;
      log.error({ folder, reason: error.message }, 'a part of the ledger that was left cannot be read');
    }
  }
}
