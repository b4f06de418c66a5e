/** The ledger as a thread has it that makes calls: one writer, through all generations. */
import { createTextCipher } from '../../lib/index.ts';
import type { Logger } from '../../observability/index.ts';
import type { LedgerAccess } from './ledger.ts';
import { SegmentWriter } from './segment-writer.ts';

export class ThreadLedger {
  readonly #holder: number;
  readonly #log: Logger;
  #writer: { readonly folder: string; readonly segments: SegmentWriter } | undefined;

  constructor(holder: number, log: Logger) {
    this.#holder = holder;
    this.#log = log;
  }

  /** @returns undefined where there is no ledger */
  writer(access: LedgerAccess | undefined): SegmentWriter | undefined {
    if (access === undefined) return undefined;
    const { folder, key } = access;
    if (this.#writer?.folder !== folder) {
      this.#writer?.segments.close();
      const onFailure = (error: unknown): void => {
        if (error === undefined) this.#log.info({}, 'the files of the ledger are written again');
        else this.#log.error({ error }, 'the files of the ledger cannot be written: rows are kept in memory');
      };
      const segments = new SegmentWriter({ folder, holder: this.#holder, cipher: createTextCipher(key), onFailure });
      this.#writer = { folder, segments };
    }
    return this.#writer.segments;
  }

  /** What could not be written to its files yet. */
  get backlogBytes(): number {
    return this.#writer?.segments.heldBytes ?? 0;
  }

  close(): void {
    this.#writer?.segments.close();
    this.#writer = undefined;
  }
}
