/**
 * Reads a stream of the chat completions wire, its first choice. It is complete with a finish reason, followed by
 * `[DONE]` or the clean end of the connection: some endpoints omit `[DONE]`. A connection that ends without a finish
 * reason has truncated the answer.
 *
 * Usage may be in a separate last chunk, in every chunk (cumulative: the last one applies) or missing (estimated). A
 * chunk without choices, which Azure sends first, is ignored.
 */

import {
  arrayOf,
  type FinishReason,
  type ModelAnswer,
  ProviderFailure,
  parseEvent,
  parseJson,
  recordOf,
  type StreamDelta,
  textIn,
  type Usage,
} from '../../model-call/index.ts';
import { estimateUsage } from '../../tokens/index.ts';
import {
  type AnswerContext,
  AnswerDraft,
  answerOf,
  failureOfError,
  incompleteStream,
  passOn,
  readUsage,
  type StreamReader,
} from '../shared/index.ts';
import { chatUsageIn } from './chat-usage.ts';
import { ChatChunkNormaliser } from './normalise-chat-chunk.ts';
import { stopSequenceIn } from './read-chat-completion.ts';
import { ChatMessageReader, readFinishReason } from './read-chat-message.ts';

/** `[DONE]`, with optional white space. */
const maxDoneLength = 20;

export class ChatStreamReader implements StreamReader {
  readonly failure = undefined;
  readonly #context: AnswerContext;
  readonly #draft: AnswerDraft;
  readonly #message: ChatMessageReader;
  #finishReason: FinishReason | undefined;
  readonly normalise = new ChatChunkNormaliser();
  #isDone = false;
  #usage: unknown;
  #stopSequence: string | undefined;
  #id: string | undefined;
  #model: string | undefined;

  constructor(context: AnswerContext) {
    this.#context = context;
    this.#draft = new AnswerDraft(context.reading);
    this.#message = new ChatMessageReader(this.#draft);
  }

  get isComplete(): boolean {
    return this.#isDone && this.#finishReason !== undefined;
  }

  get mayEnd(): boolean {
    return this.#finishReason !== undefined;
  }

  read(data: string, event: string | undefined, out: StreamDelta[]): void {
    if (this.#isDone) return;
    if (data.length < maxDoneLength && data.trim() === '[DONE]') {
      this.#isDone = true;
      if (this.#finishReason === undefined) throw incompleteStream('the stream was done without a finish reason');
      return;
    }
    const whole = parseJson(data);
    const parsed = whole ?? parseEvent(data);
    if (event === 'error') throw failureOfError(parsed ?? { message: data }, this.#context.keys);
    if (parsed === undefined) throw new ProviderFailure({ kind: 'malformed', detail: 'an event is not JSON' });
    const chunk = recordOf(parsed);
    if (chunk.error !== undefined && chunk.error !== null) throw failureOfError(chunk, this.#context.keys);
    const before = out.length;
    const mayThink = !this.#draft.hasBegunText;
    const usage = chatUsageIn(chunk);
    if (usage !== undefined) this.#usage = usage;
    this.#id ??= textIn(chunk.id);
    this.#model ??= textIn(chunk.model);
    const choices = arrayOf(chunk.choices);
    for (const entry of choices) {
      const choice = recordOf(entry);
      if (choice.index !== undefined && choice.index !== 0) continue;
      if (choice.error !== undefined && choice.error !== null) throw failureOfError(choice, this.#context.keys);
      this.#message.read(recordOf(choice.delta), out);
      this.#finishReason = readFinishReason(choice.finish_reason) ?? this.#finishReason;
      this.#stopSequence = stopSequenceIn(choice, this.#context) ?? this.#stopSequence;
    }
    if (this.#finishReason !== undefined) this.#draft.endText(out);
    const { passing } = this.#context;
    if (passing === undefined) return;
    const isUnasked = passing.dropsUsage && choices.length === 0 && usage !== undefined;
    if (isUnasked) return;
    const wire = this.normalise.pass(whole === undefined ? JSON.stringify(parsed) : data, chunk, out, before, mayThink);
    if (wire !== undefined) passOn(wire, out, before);
  }

  end(out: StreamDelta[]): ModelAnswer {
    this.#message.end();
    this.#draft.end(out);
    const usage = this.#reported() ?? estimateUsage(this.#context.request, this.#draft.writtenText);
    const answer = answerOf(this.#draft, this.#finishReason ?? 'stop', usage, { id: this.#id, model: this.#model });
    const stopSequence = this.#stopSequence;
    return stopSequence === undefined ? answer : { ...answer, stopSequence };
  }

  spent(isReported: boolean): Usage | undefined {
    const { writtenText } = this.#draft;
    const isFree = isReported && writtenText === '';
    return this.#reported() ?? (isFree ? undefined : estimateUsage(this.#context.request, writtenText));
  }

  #reported(): Usage | undefined {
    return readUsage('openai-chat', this.#usage);
  }
}
