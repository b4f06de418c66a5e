/** Writes answers of OpenAI's legacy completions wire, complete and streamed. */

import type { GatewayError } from '../../../errors/index.ts';
import { newId } from '../../../lib/index.ts';
import type { Completion, StreamDelta } from '../../model-call/index.ts';
import { textOf } from '../../model-call/index.ts';
import { chatUsage, eventText, openAiError, type StreamForm, unixSeconds } from '../shared/index.ts';
import type { CompletionsCall } from './read-completions-request.ts';

/** The finish reasons of this wire. */
export function finishOf({ finishReason }: Completion): string {
  if (finishReason === 'length') return 'length';
  return finishReason === 'content_filter' || finishReason === 'refusal' ? 'content_filter' : 'stop';
}

export function writeCompletions({ alias, echoes }: CompletionsCall, answers: readonly Completion[]): string {
  const usages = answers.map(({ usage }) => usage);
  const sum = (read: (usage: (typeof usages)[number]) => number) => usages.reduce((all, usage) => all + read(usage), 0);
  const usage = {
    inputTokens: sum(({ inputTokens }) => inputTokens),
    outputTokens: sum(({ outputTokens }) => outputTokens),
    cachedInputTokens: sum(({ cachedInputTokens = 0 }) => cachedInputTokens),
    cacheWriteTokens: sum(({ cacheWriteTokens = 0 }) => cacheWriteTokens),
    reasoningTokens: sum(({ reasoningTokens = 0 }) => reasoningTokens),
    source: 'reported' as const,
  };
  return JSON.stringify({
    id: newId('cmpl-'),
    object: 'text_completion',
    created: unixSeconds(),
    model: alias,
    choices: answers.map((answer, index) => ({
      text: `${echoes[index] ?? ''}${textOf(answer) || (answer.refusal ?? '')}`,
      index,
      logprobs: null,
      finish_reason: finishOf(answer),
    })),
    usage: chatUsage(usage),
  });
}

/** Text deltas, the finish reason, the usage if requested, [DONE]. */
export class CompletionsStream implements StreamForm {
  readonly heartbeat = ': waiting\n\n';
  readonly #head: string;
  readonly #includeUsage: boolean;
  #echo: string;
  #hasText = false;

  constructor({ alias, echoes, includeUsage }: CompletionsCall) {
    this.#head = `{"id":"${newId('cmpl-')}","object":"text_completion","created":${unixSeconds()},"model":${JSON.stringify(alias)}`;
    this.#includeUsage = includeUsage;
    this.#echo = echoes[0] ?? '';
  }

  delta(part: StreamDelta): string {
    if ((part.type !== 'text_delta' && part.type !== 'refusal_delta') || part.text === '') return '';
    return this.#text(part.text);
  }

  end(answer: Completion, note: string): string {
    let text = '';
    const whole = textOf(answer) || (answer.refusal ?? '');
    if (!this.#hasText && (whole !== '' || this.#echo !== '')) text += this.#text(whole);
    text += this.#chunk('', `"${finishOf(answer)}"`);
    if (this.#includeUsage) {
      text += eventText(`${this.#head},"choices":[],"usage":${JSON.stringify(chatUsage(answer.usage))}}`);
    }
    return `${text}${note}data: [DONE]\n\n`;
  }

  failed(error: GatewayError): string {
    return eventText(JSON.stringify({ error: openAiError(error) }));
  }

  #text(piece: string): string {
    const text = this.#echo + piece;
    this.#echo = '';
    this.#hasText = true;
    return this.#chunk(text, 'null');
  }

  #chunk(text: string, reason: string): string {
    const choice = `{"text":${JSON.stringify(text)},"index":0,"logprobs":null,"finish_reason":${reason}}`;
    return eventText(`${this.#head},"choices":[${choice}]${this.#includeUsage ? ',"usage":null' : ''}}`);
  }
}
