/**
 * Observes the provider's own events behind an AI SDK stream. A package ends its stream with a `finish` part when the
 * connection closes, complete or not: only the events show whether the provider had ended its answer, and its counts
 * until then.
 *
 * Terminal events: Gemini a chunk with `finishReason` (or a blocked prompt); Cohere `message-end`; Bedrock
 * `messageStop` (its `metadata`, before or after it, only has counts); Mistral a `finish_reason`, followed by `[DONE]`
 * or the clean end of the body. Other packages: a finish reason of the provider.
 */
import type { LanguageModelV4FinishReason } from '@ai-sdk/provider';
import { unreachable } from '../../../lib/index.ts';
import { arrayOf, recordOf, textIn } from '../../model-call/index.ts';
import type { AiSdkExchange } from './observed-fetch.ts';
import type { AiSdkDialect } from './package-dialect.ts';

export class AiSdkWatch {
  readonly #dialect: AiSdkDialect;
  #hasReason = false;
  #hasEnded = false;
  /** The provider's latest usage object. */
  usage: unknown;
  /** The model's name as the provider answered it. */
  model: string | undefined;
  /** Gemini's finish reason. */
  reason: string | undefined;
  /** Gemini's reason for blocking the prompt. */
  blocked: string | undefined;

  constructor(dialect: AiSdkDialect) {
    this.#dialect = dialect;
  }

  see(event: unknown): void {
    const fields = recordOf(event);
    switch (this.#dialect) {
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
        unreachable(this.#dialect);
    }
  }

  /** Whether the provider has ended its answer. */
  isWhole(exchange: AiSdkExchange, finish: LanguageModelV4FinishReason): boolean {
    switch (this.#dialect) {
      case 'mistral':
        return this.#hasReason && exchange.state === 'ended';
      case 'other':
        return finish.raw !== undefined && finish.unified !== 'interrupted';
      default:
        return this.#hasEnded;
    }
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
