/** One AI field of one fetch: all its items together. */
import type { ModelCallRecord } from '../model-calls.ts';

export class FieldEvent {
  /** `Type.field`. */
  readonly field: string;
  readonly began: number;
  ended = 0;
  /** How many items it was asked for, and how many of them came from a cache or an equal question. */
  items = 0;
  cachedItems = 0;
  /** How many items failed, and the codes, each once. */
  failedItems = 0;
  readonly codes: string[] = [];
  /** Those made for it, also in `OperationEvent.modelCalls`. */
  readonly modelCalls: ModelCallRecord[] = [];

  constructor(field: string, began: number) {
    this.field = field;
    this.began = began;
  }
}
