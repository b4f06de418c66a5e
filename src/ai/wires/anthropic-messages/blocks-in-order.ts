/**
 * The order of blocks in a stream of Anthropic's wire, where one ends before the next begins, of parts that a provider
 * may tell side by side: parallel calls whose pieces come by turns. A call is whole when its arguments are whole JSON;
 * what comes of other parts until then waits, and no block is closed twice or begun again.
 */
import type { JsonObject, StreamDelta } from '../../model-call/index.ts';

export type BlockDelta = Exclude<StreamDelta, { readonly type: 'refusal_delta' | 'other' }>;

interface OpenCall {
  readonly index: number;
  arguments: string;
}

export class BlocksInOrder {
  /** The call that is being told, and may not be whole. */
  #call: OpenCall | undefined;
  #waiting: BlockDelta[] = [];

  /** What may be told now, in order. */
  take(delta: BlockDelta): readonly BlockDelta[] {
    const call = this.#call;
    if (call === undefined || delta.index === call.index) {
      this.#follow(delta);
      return this.#waiting.length > 0 && isWhole(this.#call, delta) ? [delta, ...this.#release()] : [delta];
    }
    if (this.#waiting.length === 0 && isWhole(call)) {
      this.#call = undefined;
      this.#follow(delta);
      return [delta];
    }
    this.#waiting.push(delta);
    return [];
  }

  /** Nothing more comes: what waited is told part after part. */
  end(): readonly BlockDelta[] {
    const waiting = this.#waiting;
    this.#waiting = [];
    this.#call = undefined;
    const places = new Map<number, BlockDelta[]>();
    for (const delta of waiting) {
      const deltas = places.get(delta.index);
      if (deltas === undefined) places.set(delta.index, [delta]);
      else deltas.push(delta);
    }
    return [...places.values()].flat();
  }

  #follow(delta: BlockDelta): void {
    if (delta.type === 'tool_call_start') this.#call = { index: delta.index, arguments: '' };
    else if (delta.type === 'tool_call_delta' && this.#call?.index === delta.index) {
      this.#call.arguments += delta.arguments;
    }
  }

  /** The call is whole: as much of what waited as is in order now. */
  #release(): readonly BlockDelta[] {
    const waiting = this.#waiting;
    this.#waiting = [];
    this.#call = undefined;
    return waiting.flatMap((delta) => this.take(delta));
  }
}

function isWhole(call: OpenCall | undefined, last?: BlockDelta): boolean {
  // Only what may close an object is worth being parsed.
  if (last !== undefined && !(last.type === 'tool_call_delta' && last.arguments.includes('}'))) return false;
  if (call === undefined) return true;
  try {
    const parsed: unknown = JSON.parse(call.arguments);
    return parsed !== null && typeof parsed === 'object';
  } catch {
    return false;
  }
}

/** A citation, as the delta of a text block tells it. */
export function citationDelta(citation: JsonObject): string {
  return `{"type":"citations_delta","citation":${JSON.stringify(citation)}}`;
}
