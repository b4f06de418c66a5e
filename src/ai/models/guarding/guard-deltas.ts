import { unreachable } from '../../../lib/index.ts';
import { describeFindings, type GuardedStream, type Guardrails, type Placeholders } from '../../guardrails/index.ts';
import type { StreamDelta } from '../../model-call/index.ts';

/** The checked deltas of a stream: some are delayed, and none carries the provider's own event. */
export interface GuardedDeltas {
  /** After a block, always empty. */
  push(delta: StreamDelta): readonly StreamDelta[];
  /** The deltas that are still buffered. */
  end(): readonly StreamDelta[];
  readonly blocked: boolean;
  /** Whether the complete answer must be checked before any delta is passed on. */
  readonly buffersAll: boolean;
  findings(): readonly string[];
}

interface Channel {
  readonly stream: GuardedStream;
  readonly delta: (text: string) => StreamDelta;
}

const noDeltas: readonly StreamDelta[] = [];

/**
 * Each part of the answer is checked as a separate text. Parts stay in order: the buffer of one is flushed before the next
 * begins; only the arguments of tool calls may be interleaved.
 */
export class ChannelledDeltas implements GuardedDeltas {
  readonly buffersAll: boolean;
  readonly #guardrails: Guardrails;
  readonly #placeholders: Placeholders;
  readonly #form: 'text' | 'json';
  readonly #channels = new Map<string, Channel>();
  readonly #findings: string[] = [];
  #blocked = false;

  constructor(guardrails: Guardrails, placeholders: Placeholders, form: 'text' | 'json') {
    this.buffersAll = guardrails.buffersStreams;
    this.#guardrails = guardrails;
    this.#placeholders = placeholders;
    this.#form = form;
  }

  get blocked(): boolean {
    return this.#blocked;
  }

  push(part: StreamDelta): readonly StreamDelta[] {
    return this.#blocked || this.buffersAll ? noDeltas : this.#guarded(part);
  }

  end(): readonly StreamDelta[] {
    const out: StreamDelta[] = [];
    for (const [key, channel] of this.#channels) if (!this.#blocked) this.#flush(key, channel, out);
    return this.#blocked ? noDeltas : out;
  }

  findings(): readonly string[] {
    return this.#findings;
  }

  #guarded(part: StreamDelta): readonly StreamDelta[] {
    switch (part.type) {
      case 'text_delta': {
        const { type, index } = part;
        return this.#pass(`text${index}`, part.text, this.#form, (text) => ({ type, index, text }));
      }
      case 'reasoning_delta': {
        const { type, index, opaque } = part;
        const out = this.#pass(`reasoning${index}`, part.text, 'text', (text) => ({ type, index, text }));
        if (opaque !== undefined) out.push({ type, index, text: '', opaque });
        return out;
      }
      case 'refusal_delta': {
        const { type } = part;
        return this.#pass('refusal', part.text, 'text', (text) => ({ type, text }));
      }
      case 'tool_call_start': {
        const { type, index, id, name, opaque } = part;
        const out: StreamDelta[] = [];
        this.#flushTexts(out);
        out.push({ type, index, id, name, ...(opaque === undefined ? {} : { opaque }) });
        return out;
      }
      case 'tool_call_delta': {
        const { type, index } = part;
        return this.#pass(`tool${index}`, part.arguments, 'json', (text) => ({ type, index, arguments: text }));
      }
      // Citations are not checked.
      case 'citation_delta':
      case 'other':
        return noDeltas;
      default:
        return unreachable(part);
    }
  }

  #pass(key: string, text: string, form: 'text' | 'json', delta: (text: string) => StreamDelta): StreamDelta[] {
    const out: StreamDelta[] = [];
    let channel = this.#channels.get(key);
    if (channel === undefined) {
      this.#flushTexts(out);
      channel = { stream: this.#guardrails.outputStream(this.#placeholders, { form }), delta };
      this.#channels.set(key, channel);
    }
    const passed = channel.stream.push(text);
    if (typeof passed !== 'string') {
      this.#blocked = true;
      this.#findings.push(...describeFindings(passed.findings));
    } else if (passed !== '') out.push(delta(passed));
    return out;
  }

  #flushTexts(out: StreamDelta[]): void {
    for (const [key, open] of this.#channels) if (!key.startsWith('tool')) this.#flush(key, open, out);
  }

  #flush(key: string, channel: Channel, out: StreamDelta[]): void {
    this.#channels.delete(key);
    const remaining = channel.stream.end();
    this.#findings.push(...describeFindings(channel.stream.findings));
    if (typeof remaining !== 'string') this.#blocked = true;
    else if (remaining !== '') out.push(channel.delta(remaining));
  }
}
