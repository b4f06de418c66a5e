/**
 * Writes a stream in Anthropic's messages wire: message_start, blocks one after the other (start, deltas, stop),
 * message_delta with the stop reason and cumulative usage, message_stop. The input's tokens are known at the end only,
 * where Anthropic's own streams may correct them too.
 */

import type { GatewayError } from '../../../errors/index.ts';
import { newId, unreachable } from '../../../lib/index.ts';
import { type Completion, type JsonObject, replayAnswer, type StreamDelta } from '../../model-call/index.ts';
import { anthropicError, eventText, type StreamForm, sealCallId } from '../shared/index.ts';
import { type BlockDelta, BlockOrder, citationDelta } from './block-order.ts';
import { messagesUsage, redactedData, refusalText, signatureOf, stopFields } from './write-message.ts';

type BlockKind = 'text' | 'thinking' | 'redacted_thinking' | 'tool_use';

interface Block {
  /** The index of the block in the stream. */
  readonly place: number;
  readonly kind: BlockKind;
  opaque: JsonObject | undefined;
}

export class MessagesStream implements StreamForm {
  readonly heartbeat = 'event: ping\ndata: {"type":"ping"}\n\n';
  readonly #alias: string;
  readonly #requestId: string;
  readonly #order = new BlockOrder();
  /** The open blocks by part index. */
  readonly #blocks = new Map<number, Block>();
  #open: Block | undefined;
  #places = 0;
  #began = false;
  #refused = false;

  constructor(alias: string, requestId: string) {
    this.#alias = alias;
    this.#requestId = requestId;
  }

  delta(part: StreamDelta): string {
    if (part.type === 'other') return '';
    if (part.type === 'refusal_delta') {
      this.#refused = true;
      // A separate part, after all others.
      return this.delta({ type: 'text_delta', index: Number.MAX_SAFE_INTEGER, text: part.text });
    }
    let text = '';
    for (const ready of this.#order.take(part)) text += this.#write(ready);
    return text;
  }

  #write(part: BlockDelta): string {
    switch (part.type) {
      case 'text_delta': {
        if (part.text === '') return '';
        const start = this.#at(part.index, 'text', '{"type":"text","text":""}');
        return start + this.#piece(part.index, `{"type":"text_delta","text":${JSON.stringify(part.text)}}`);
      }
      case 'reasoning_delta':
        return this.#reasoning(part.index, part.text, part.opaque);
      case 'citation_delta': {
        const start = this.#at(part.index, 'text', '{"type":"text","text":"","citations":[]}');
        return start + this.#piece(part.index, citationDelta(part.citation));
      }
      case 'tool_call_start':
        return this.#at(
          part.index,
          'tool_use',
          `{"type":"tool_use","id":${JSON.stringify(sealCallId(part.id, part.opaque))},"name":${JSON.stringify(part.name)},"input":{}}`,
        );
      case 'tool_call_delta':
        // Deltas after a complete call would invalidate it.
        if (this.#blocks.get(part.index) !== this.#open) return '';
        return this.#piece(part.index, `{"type":"input_json_delta","partial_json":${JSON.stringify(part.arguments)}}`);
      default:
        return unreachable(part);
    }
  }

  end(answer: Completion, note: string): string {
    let text = '';
    if (this.#places === 0) text += this.#whole(answer);
    for (const ready of this.#order.end()) text += this.#write(ready);
    const refusal = this.#refused ? undefined : refusalText(answer);
    if (refusal !== undefined) text += this.delta({ type: 'refusal_delta', text: refusal });
    text += this.#begin() + this.#close();
    const ends = { type: 'message_delta', delta: stopFields(answer), usage: messagesUsage(answer.usage) };
    return `${text}${eventText(JSON.stringify(ends), 'message_delta')}${note}${eventText('{"type":"message_stop"}', 'message_stop')}`;
  }

  failed(error: GatewayError): string {
    const body = { type: 'error', error: anthropicError(error), request_id: this.#requestId };
    return eventText(JSON.stringify(body), 'error');
  }

  #begin(): string {
    if (this.#began) return '';
    this.#began = true;
    const message = {
      id: newId('msg_'),
      type: 'message',
      role: 'assistant',
      model: this.#alias,
      content: [],
      stop_reason: null,
      stop_sequence: null,
      stop_details: null,
      usage: messagesUsage({ inputTokens: 0, outputTokens: 0, source: 'estimated' }),
    };
    return eventText(JSON.stringify({ type: 'message_start', message }), 'message_start') + this.heartbeat;
  }

  /** Begins the block of a part if it has none of this kind, and ends the previous one. */
  #at(index: number, kind: BlockKind, block: string): string {
    const openBlock = this.#blocks.get(index);
    // A text that continues after another part began continues in a new block.
    if (openBlock?.kind === kind && (openBlock === this.#open || kind === 'tool_use')) return '';
    const text = this.#begin() + this.#close();
    const opened: Block = { place: this.#places++, kind, opaque: undefined };
    this.#blocks.set(index, opened);
    this.#open = opened;
    const start = `{"type":"content_block_start","index":${opened.place},"content_block":${block}}`;
    return text + eventText(start, 'content_block_start');
  }

  #piece(index: number, delta: string): string {
    const place = this.#blocks.get(index)?.place ?? 0;
    return `event: content_block_delta\ndata: {"type":"content_block_delta","index":${place},"delta":${delta}}\n\n`;
  }

  #reasoning(index: number, piece: string, opaque: JsonObject | undefined): string {
    const data = redactedData(opaque);
    if (data !== undefined) {
      return this.#at(index, 'redacted_thinking', `{"type":"redacted_thinking","data":${JSON.stringify(data)}}`);
    }
    if (piece === '' && opaque === undefined) return '';
    let text = this.#at(index, 'thinking', '{"type":"thinking","thinking":"","signature":""}');
    const block = this.#blocks.get(index);
    if (block !== undefined && opaque !== undefined) block.opaque = { ...block.opaque, ...opaque };
    if (piece !== '') text += this.#piece(index, `{"type":"thinking_delta","thinking":${JSON.stringify(piece)}}`);
    return text;
  }

  /** Ends the open block; a thinking block's signature is its last delta. */
  #close(): string {
    const open = this.#open;
    if (open === undefined) return '';
    this.#open = undefined;
    const { place, kind, opaque } = open;
    let text = '';
    if (kind === 'thinking' && opaque !== undefined) {
      const signature = JSON.stringify(signatureOf(opaque));
      const signed = `{"type":"content_block_delta","index":${place},"delta":{"type":"signature_delta","signature":${signature}}}`;
      text = eventText(signed, 'content_block_delta');
    }
    return text + eventText(`{"type":"content_block_stop","index":${place}}`, 'content_block_stop');
  }

  /** An answer without any delta before its end. */
  #whole({ content }: Completion): string {
    let text = '';
    for (const delta of replayAnswer({ content })) text += this.delta(delta);
    return text;
  }
}
