/**
 * Writes what threads that serve hand on: records in batches, and with each batch what has changed of the sums. Where the
 * store cannot be written (a full disk, a locked or unreachable database) it tries again every second, and holds what it
 * has: how much that is, whoever hands it on bounds. What is old or too much is deleted between the batches.
 */
import { messageOf } from '../errors/index.ts';
import { newId } from '../lib/index.ts';
import { addSum, type OperationRecord, type RecordSum, RecordSums } from '../observability/records/index.ts';
import type { RecordBounds, RecordStore } from '../store/records/index.ts';
import { type UsageSum, UsageSums } from '../usage/index.ts';
import { HeldHours } from './held-hours.ts';
import type { RecordMessage } from './messages.ts';
import type { SharedRecordCounts } from './record-counts.ts';

export interface RecorderOptions {
  /** Opens the store; again where that failed. */
  readonly open: () => Promise<RecordStore>;
  /** What is served, as `shop@current`: usage is told apart by it. */
  readonly graph: string;
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

/** Records of one transaction: it takes 20 ms, and readers of PostgreSQL wait for none. */
const batchLength = 2_000;

export class Recorder {
  readonly #options: RecorderOptions;
  readonly #now: () => number;
  readonly #writer = newId('').slice(0, 16);
  readonly #sums: HeldHours<RecordSum, RecordSums>;
  readonly #usage: HeldHours<UsageSum, UsageSums>;
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
    this.#sums = new HeldHours({
      empty: () => new RecordSums(),
      add(groups: RecordSums, sum) {
        const group = groups.of(sum);
        addSum(group, sum);
        return group;
      },
      now: this.#now,
    });
    this.#usage = new HeldHours({
      empty: () => new UsageSums(),
      add: (groups: UsageSums, sum) => groups.add(sum),
      now: this.#now,
    });
    this.#pruning = setInterval(() => {
      this.#isPruneDue = true;
      void this.#write();
    }, options.pruneEveryMs ?? 60_000).unref();
  }

  /** @param onWritten told of the characters of lines, once they are in the store */
  add({ lines, count, sums, usage }: RecordMessage, onWritten: (characters: number) => void): void {
    if (count > 0) this.#lines.push({ lines, count, onWritten });
    for (const ofHour of sums) this.#sums.add(ofHour);
    for (const ofHour of usage) this.#usage.add(ofHour);
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
    return this.#lines.length > 0 || this.#sums.hasChanged || this.#usage.hasChanged;
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
    const writer = this.#writer;
    const { graph } = this.#options;
    const sums = this.#sums.take();
    const usage = this.#usage.take();
    try {
      await store.add({
        records: batch.flatMap(({ lines }) => this.#recordsOf(lines)),
        sums: sums.map(({ hour, number, sum }) => ({ ...sum, hour, writer, number })),
        usage: usage.map(({ hour, sum }) => ({ ...sum, hour, writer, graph })),
      });
    } catch (error) {
      this.#sums.giveBack(sums);
      this.#usage.giveBack(usage);
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
