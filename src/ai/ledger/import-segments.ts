/**
 * Brings the lines of segments into the store. Whatever moment it ends at, nothing is lost or there twice: a segment is
 * removed once its rows are committed, and a row that is there already is left as it is.
 */
import type { TextCipher } from '../../lib/index.ts';
import type { LedgerRow } from '../../observability/index.ts';
import type { LedgerTable } from '../../store/index.ts';
import { type SegmentLine, toLedgerRow } from './segment-lines.ts';
import { listSegments, type Segment, SegmentReader } from './segment-reader.ts';

export interface SegmentImportOptions {
  readonly folder: string;
  readonly table: Pick<LedgerTable, 'add'>;
  readonly cipher: TextCipher;
  /** Lines that cannot be read: the machine stopped while they were written. */
  readonly onUnreadable: (file: string, lines: number) => void;
}

export class SegmentImport {
  readonly #options: SegmentImportOptions;
  /** By file. */
  readonly #readers = new Map<string, SegmentReader>();

  constructor(options: SegmentImportOptions) {
    this.#options = options;
  }

  /** What has been settled until now. */
  async importSettled(): Promise<void> {
    for (const segment of await listSegments(this.#options.folder)) {
      await this.#read(segment, (lines) => this.#store(lines.filter(({ kind }) => kind === 'settled')));
      if (segment.isComplete) await this.#remove(segment);
    }
  }

  /**
   * All of threads that have ended: charges that they have not settled are rows of what they reserved.
   * @param holder of one thread; undefined: of all
   */
  async importEnded(holder?: number): Promise<void> {
    const all = await listSegments(this.#options.folder);
    const segments = all.filter((segment) => holder === undefined || segment.holder === holder);
    const open = new Map<string, SegmentLine>();
    for (const segment of segments) {
      // From its beginning: what is settled may have been charged in what was read before.
      this.#readers.delete(segment.file);
      await this.#read(segment, async (lines) => {
        for (const line of lines) {
          if (line.kind === 'charged') open.set(line.id, line);
          else open.delete(line.id);
        }
        await this.#store(lines.filter(({ kind }) => kind === 'settled'));
      });
    }
    await this.#store([...open.values()]);
    for (const segment of segments) await this.#remove(segment);
  }

  async #read(segment: Segment, deal: (lines: readonly SegmentLine[]) => Promise<void>): Promise<void> {
    const { file } = segment;
    const reader = this.#readers.get(file) ?? new SegmentReader(file);
    this.#readers.set(file, reader);
    const unreadable = await reader.read(deal);
    if (unreadable > 0) this.#options.onUnreadable(file, unreadable);
  }

  async #remove({ file }: Segment): Promise<void> {
    await this.#readers.get(file)?.remove();
    this.#readers.delete(file);
  }

  async #store(lines: readonly SegmentLine[]): Promise<void> {
    const { table } = this.#options;
    for (let start = 0; start < lines.length; start += rowsPerBatch)
      await table.add(lines.slice(start, start + rowsPerBatch).map((line) => this.#toRow(line)));
  }

  #toRow(line: SegmentLine): LedgerRow {
    try {
      return toLedgerRow(line, this.#options.cipher);
    } catch (cause) {
      throw new ForeignSegments('it was written with another key of the store', { cause });
    }
  }
}

/** What they say cannot be read with this store's key; they are left as they are. */
export class ForeignSegments extends Error {
  override readonly name = 'ForeignSegments';
}

/** A commit of so many takes about 10 ms of the thread in SQLite. */
const rowsPerBatch = 200;
