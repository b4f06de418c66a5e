/**
 * Writes what threads that serve hand on: records in batches, and with each batch what has changed of the sums. Where the
 * store cannot be written (a full disk, a locked or unreachable database) it tries again every second, and holds what it
 * has: how much that is, whoever hands it on bounds. What is old or too much is deleted between the batches.
 */
import { messageOf } from '../errors/index.ts';
import { hourMs, newId } from '../lib/index.ts';
import { addSum, type OperationRecord, type RecordSum, RecordSums } from '../observability/records/index.ts';
import type { RecordBounds, RecordStore, WrittenSum } from '../store/records/index.ts';
import type { RecordMessage } from './messages.ts';
import type { SharedRecordCounts } from './record-counts.ts';

export interface RecorderOptions {
  /** Opens the store; again where that failed. */
  readonly open: () => Promise<RecordStore>;
  readonly bounds: RecordBounds;
  /** Undefined: no texts are kept, and none are handed on. */
  readonly texts: RecordedTexts | undefined;
  readonly counts: SharedRecordCounts;
  /** Told once that writing fails, and once that it works again. */
  readonly onState: (reason: string | undefined) => void;
  readonly onPruned: (records: number) => void;
  /** Milliseconds since 1970. @default Date.now */
  readonly now?: () => number;
  /** How long a batch waits for more. @default 100 */
  readonly delayMs?: number;
  /** @default 1000 */
  readonly retryMs?: number;
  /** @default 60000 */
  readonly pruneEveryMs?: number;
}

/** What is kept of texts. */
export interface RecordedTexts {
  document(document: string | undefined): string | undefined;
  variables(json: string | undefined): string | undefined;
}

interface HeldLines {
  readonly lines: string;
  readonly count: number;
  readonly onWritten: (characters: number) => void;
}

interface Hour {
  readonly groups: RecordSums;
  readonly numbers: Map<RecordSum, number>;
  readonly changed: Set<RecordSum>;
}

/** Records of one transaction: it takes 20 ms, and readers of PostgreSQL wait for none. */
const batchLength = 2_000;
/** Hours whose sums are held while they cannot be written. */
const maxHours = 48;

export class Recorder {
  readonly #options: RecorderOptions;
  readonly #now: () => number;
  readonly #writer = newId('').slice(0, 16);
  readonly #hours = new Map<number, Hour>();
  #lines: HeldLines[] = [];
  #opening: Promise<RecordStore> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> | undefined;
  #isFailing = false;
  /** Without anything to write too: what is kept grows old where nothing comes. */
  readonly #pruning: NodeJS.Timeout;
  #isPruneDue = true;
  #hasMoreToPrune = false;
  #sincePruned = 0;

  constructor(options: RecorderOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
    this.#pruning = setInterval(() => {
      this.#isPruneDue = true;
      void this.#write();
    }, options.pruneEveryMs ?? 60_000).unref();
  }

  /** @param onWritten told of the characters of lines, once they are in the store */
  add({ lines, count, sums }: RecordMessage, onWritten: (characters: number) => void): void {
    if (count > 0) this.#lines.push({ lines, count, onWritten });
    for (const { hour, sums: added } of sums) {
      const of = this.#hour(hour);
      for (const sum of added) {
        const group = of.groups.of(sum);
        addSum(group, sum);
        if (!of.numbers.has(group)) of.numbers.set(group, of.numbers.size);
        of.changed.add(group);
      }
    }
    this.#schedule(this.#options.delayMs ?? 100);
  }

  /** What has been handed on is in the store, or cannot be written. */
  async written(): Promise<void> {
    await this.#writing;
    await this.#write();
  }

  /** For whoever reads. @throws where it cannot be opened */
  store(): Promise<RecordStore> {
    this.#opening ??= this.#options.open().catch((error: unknown) => {
      this.#opening = undefined;
      throw error;
    });
    return this.#opening;
  }

  async close(): Promise<void> {
    clearInterval(this.#pruning);
    await this.written();
    clearTimeout(this.#timer);
    // Where it cannot be opened, there is none to close, and that has been told.
    const store = await this.#opening?.catch(() => undefined);
    await store?.close();
  }

  #hour(at: number): Hour {
    const now = Math.floor(this.#now() / hourMs) * hourMs;
    // One that has been written and forgotten cannot be added to.
    const start = this.#hours.has(at) || at >= now - hourMs ? at : now;
    let hour = this.#hours.get(start);
    if (hour === undefined) {
      hour = { groups: new RecordSums(), numbers: new Map(), changed: new Set() };
      this.#hours.set(start, hour);
      this.#forgetHours(now);
    }
    return hour;
  }

  /** Those that nothing is added to any more, once they are written. */
  #forgetHours(now: number): void {
    for (const [start, { changed }] of this.#hours)
      if (start < now - hourMs && (changed.size === 0 || this.#hours.size > maxHours)) this.#hours.delete(start);
  }

  #schedule(delayMs: number): void {
    if (this.#timer !== undefined || this.#writing !== undefined) return;
    this.#timer = setTimeout(() => void this.#write(), this.#isFailing ? (this.#options.retryMs ?? 1_000) : delayMs);
  }

  #write(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#writing ??= this.#writeAll().finally(() => {
      this.#writing = undefined;
      if (this.#hasMore() || this.#hasMoreToPrune) this.#schedule(this.#options.delayMs ?? 100);
    });
    return this.#writing;
  }

  #hasMore(): boolean {
    return this.#lines.length > 0 || [...this.#hours.values()].some(({ changed }) => changed.size > 0);
  }

  async #writeAll(): Promise<void> {
    try {
      const store = await this.store();
      while (this.#hasMore()) await this.#writeBatch(store);
      this.#report(undefined);
      await this.#prune(store);
    } catch (error) {
      this.#report(messageOf(error));
    }
  }

  async #writeBatch(store: RecordStore): Promise<void> {
    let length = 0;
    let count = 0;
    while (length < this.#lines.length && count < batchLength) count += this.#lines[length++]?.count ?? 0;
    const batch = this.#lines.slice(0, length);
    const changed = [...this.#hours].map(([hour, of]) => ({ hour, of, groups: [...of.changed] }));
    for (const { of } of changed) of.changed.clear();
    try {
      await store.add({ records: batch.flatMap(({ lines }) => this.#recordsOf(lines)), sums: this.#sumsOf(changed) });
    } catch (error) {
      for (const { of, groups } of changed) for (const group of groups) of.changed.add(group);
      throw error;
    }
    this.#lines = this.#lines.slice(length);
    this.#options.counts.addWritten(count);
    for (const { lines, onWritten } of batch) {
      this.#sincePruned += lines.length;
      onWritten(lines.length);
    }
  }

  #recordsOf(lines: string): readonly OperationRecord[] {
    const { texts } = this.#options;
    const records = JSON.parse(`[${lines.slice(0, -1).replaceAll('\n', ',')}]`) as OperationRecord[];
    if (texts === undefined) return records;
    return records.map((record) => {
      const { document, variables } = record;
      if (document === undefined && variables === undefined) return record;
      return { ...record, document: texts.document(document), variables: texts.variables(variables) };
    });
  }

  #sumsOf(
    changed: readonly { readonly hour: number; readonly of: Hour; readonly groups: readonly RecordSum[] }[],
  ): readonly WrittenSum[] {
    return changed.flatMap(({ hour, of, groups }) =>
      groups.map((group) => ({ ...group, hour, writer: this.#writer, number: of.numbers.get(group) ?? 0 })),
    );
  }

  async #prune(store: RecordStore): Promise<void> {
    const { bounds, onPruned } = this.#options;
    if (!this.#isPruneDue && !this.#hasMoreToPrune && this.#sincePruned < bounds.maxBytes / 100) return;
    this.#isPruneDue = false;
    this.#sincePruned = 0;
    const { records, hasMore } = await store.prune(bounds, this.#now());
    this.#hasMoreToPrune = hasMore;
    if (records > 0) onPruned(records);
  }

  #report(reason: string | undefined): void {
    const isFailing = reason !== undefined;
    if (isFailing === this.#isFailing) return;
    this.#isFailing = isFailing;
    this.#options.counts.isFailing = isFailing;
    this.#options.onState(reason);
  }
}
