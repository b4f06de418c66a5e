/**
 * Orders the blocks of a stream on Anthropic's wire, where a block ends before the next begins, for parts that a
 * provider interleaves, such as parallel tool calls. A call is complete when its arguments are complete JSON; deltas of
 * other parts are buffered until then, so that no block is reopened.
 */
import type { JsonObject, StreamDelta } from '../../model-call/index.ts';

export type BlockDelta = Exclude<StreamDelta, { readonly type: 'refusal_delta' | 'other' }>;

interface OpenCall {
  readonly index: number;
  arguments: string;
}

export class BlockOrder {
  /** The tool call in progress, whose arguments may be incomplete. */
  #call: OpenCall | undefined;
  #waiting: BlockDelta[] = [];

  /** Adds a delta. @returns the deltas that are in order now */
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

  /** The end of the stream: the buffered deltas, part after part. */
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

  /** The call is complete: releases the buffered deltas that are in order now. */
  #release(): readonly BlockDelta[] {
    const waiting = this.#waiting;
    this.#waiting = [];
    this.#call = undefined;
    return waiting.flatMap((delta) => this.take(delta));
  }
}

function isWhole(call: OpenCall | undefined, last?: BlockDelta): boolean {
  // Only a closing brace can complete the object, so only then it is parsed.
  if (last !== undefined && !(last.type === 'tool_call_delta' && last.arguments.includes('}'))) return false;
  if (call === undefined) return true;
  try {
    const parsed: unknown = JSON.parse(call.arguments);
    return parsed !== null && typeof parsed === 'object';
  } catch {
    return false;
  }
}

/** A citation, in the form of a text block's delta. */
export function citationDelta(citation: JsonObject): string {
  return `{"type":"citations_delta","citation":${JSON.stringify(citation)}}`;
}
