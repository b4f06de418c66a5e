/**
 * Watches the provider's own events behind an AI SDK stream. A package ends its stream with a `finish` part when the
 * connection closes, whatever was missing: only the events tell whether the provider had ended its answer, and what it
 * counted by then.
 *
 * Terminal events: Anthropic `message_stop` after a stop reason; Gemini a chunk with `finishReason` (or a blocked
 * prompt); Cohere `message-end`; Bedrock `messageStop` (its `metadata`, which comes before or after, only counts);
 * Mistral a `finish_reason`, and `[DONE]` or the clean end of the body after it. Of other packages, a finish reason in the provider's word.
 */
import type { LanguageModelV4FinishReason } from '@ai-sdk/provider';
import { unreachable } from '../../../lib/index.ts';
import { arrayOf, recordOf, textIn } from '../../model-call/index.ts';
import { stopOf } from '../../wires/anthropic-messages/index.ts';
import type { AiSdkExchange } from './observed-fetch.ts';
import type { AiSdkFlavour } from './package-flavour.ts';

export class AiSdkWatch {
  readonly #flavour: AiSdkFlavour;
  #hasReason = false;
  #hasEnded = false;
  /** The provider's object of counts, as it stands. */
  usage: unknown;
  /** The model's name as the provider answered it. */
  model: string | undefined;
  /** Why Anthropic's or Gemini's model stopped, in its word. */
  reason: string | undefined;
  /** What Anthropic says of how its model stopped. */
  stop: ReturnType<typeof stopOf> = {};
  /** Why Gemini would not take the prompt. */
  blocked: string | undefined;

  constructor(flavour: AiSdkFlavour) {
    this.#flavour = flavour;
  }

  see(event: unknown): void {
    const fields = recordOf(event);
    switch (this.#flavour) {
      case 'anthropic':
        this.#seeAnthropic(fields);
        return;
      case 'gemini':
        this.#seeGemini(fields);
        return;
      case 'bedrock':
        if (textIn(recordOf(fields.messageStop).stopReason) !== undefined) this.#hasEnded = true;
        this.usage = recordOf(fields.metadata).usage ?? this.usage;
        return;
      case 'cohere':
        if (fields.type !== 'message-end') return;
        this.#hasEnded = textIn(recordOf(fields.delta).finish_reason) !== undefined;
        this.usage = recordOf(fields.delta).usage ?? this.usage;
        return;
      case 'mistral':
        if (textIn(recordOf(arrayOf(fields.choices)[0]).finish_reason) !== undefined) this.#hasReason = true;
        this.usage = fields.usage ?? this.usage;
        this.model ??= textIn(fields.model);
        return;
      case 'other':
        return;
      default:
        unreachable(this.#flavour);
    }
  }

  /** Whether the provider has ended its answer. */
  isWhole(exchange: AiSdkExchange, finish: LanguageModelV4FinishReason): boolean {
    switch (this.#flavour) {
      case 'mistral':
        return this.#hasReason && exchange.state === 'ended';
      case 'other':
        return finish.raw !== undefined && finish.unified !== 'interrupted';
      default:
        return this.#hasEnded;
    }
  }

  /** `message_delta` has totals, which replace those of `message_start`; what it leaves out stays. */
  #seeAnthropic(event: ReturnType<typeof recordOf>): void {
    if (event.type === 'message_start') {
      const message = recordOf(event.message);
      this.model ??= textIn(message.model);
      this.#count(message.usage);
    } else if (event.type === 'message_delta') {
      this.reason = textIn(recordOf(event.delta).stop_reason) ?? this.reason;
      this.stop = stopOf(recordOf(event.delta));
      if (this.reason !== undefined) this.#hasReason = true;
      this.#count(event.usage);
    } else if (event.type === 'message_stop') {
      this.#hasEnded = this.#hasReason;
    }
  }

  #count(usage: unknown): void {
    const counts: Record<string, unknown> = Object.assign(Object.create(null), this.usage);
    for (const [name, value] of Object.entries(recordOf(usage))) {
      if (value !== null) counts[name] = value;
    }
    this.usage = counts;
  }

  #seeGemini(event: ReturnType<typeof recordOf>): void {
    this.model ??= textIn(event.modelVersion);
    this.usage = event.usageMetadata ?? this.usage;
    const reason = textIn(recordOf(arrayOf(event.candidates)[0]).finishReason);
    if (reason !== undefined) {
      this.#hasEnded = reason !== 'CONTINUATION';
      this.reason = reason;
    }
    const blocked = textIn(recordOf(event.promptFeedback).blockReason);
    if (blocked !== undefined && !/UNSPECIFIED/.test(blocked)) {
      this.blocked = blocked;
      this.#hasEnded = true;
    }
  }
}
