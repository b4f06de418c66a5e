/**
 * A prompt as an API of its own: `{ "input": {…}, "stream": false }` in, `{ output, model, finish_reason, usage,
 * cost_usd }` out, `output` being text, or JSON that fits the prompt's output schema. Streamed, it is `delta` events and
 * one `done` event with the whole answer.
 */

import type { PublishedPrompt } from '../../ai/fields/index.ts';
import {
  type Completion,
  type JsonSchema,
  type ModelRequest,
  type StreamDelta,
  textOf,
} from '../../ai/model-call/index.ts';
import { schemaProblems } from '../../ai/models/index.ts';
import { estimateInputTokens } from '../../ai/tokens/index.ts';
import { responsesUsage } from '../../ai/wires/openai-responses/index.ts';
import {
  eventText,
  type Fields,
  InvalidField,
  openAiError,
  readBoolean,
  requireObject,
  type StreamForm,
} from '../../ai/wires/shared/index.ts';
import { GatewayError } from '../../errors/index.ts';
import { formatUsd } from '../../lib/index.ts';

export interface PromptCall {
  readonly request: ModelRequest;
  readonly stream: boolean;
}

/** @throws InvalidField where the input is not what the prompt takes */
export async function readPromptCall(prompt: PublishedPrompt, body: Fields): Promise<PromptCall> {
  for (const name in body) {
    if (name !== 'input' && name !== 'stream') {
      throw new InvalidField(`\`${name.slice(0, 64)}\` is not taken: a prompt chooses its model and settings.`, name);
    }
  }
  const stream = readBoolean(body, 'stream') === true;
  const input = body.input === undefined && prompt.inputSchema === undefined ? {} : requireObject(body, 'input');
  const { inputSchema } = prompt;
  const [problem] = inputSchema === undefined ? [] : schemaProblems(inputSchema, input, 'input');
  if (problem !== undefined) {
    const [place = 'input', ...words] = problem.split(' ');
    const param = place.replaceAll('/', '.').slice(0, 256);
    throw new InvalidField(`\`${param}\` ${words.join(' ')}.`, param);
  }
  const rendered = await prompt.render(input);
  const request =
    rendered.maxOutputTokens === undefined ? { ...rendered, maxOutputTokens: prompt.maxOutputTokens } : rendered;
  checkLength(prompt, request);
  return { request, stream };
}

/** @throws GatewayError `AI_INPUT_TOO_LONG` */
function checkLength({ maxInputTokens }: PublishedPrompt, request: ModelRequest): void {
  if (maxInputTokens === undefined) return;
  const tokens = estimateInputTokens(request);
  if (tokens <= maxInputTokens) return;
  const message = `The input has about ${tokens} tokens; at most ${maxInputTokens} are allowed.`;
  throw new GatewayError('AI_INPUT_TOO_LONG', { message });
}

/** @throws GatewayError `AI_OUTPUT_REFUSED`, `AI_OUTPUT_INVALID` */
export function writePromptAnswer(prompt: PublishedPrompt, answer: Completion): string {
  if (answer.finishReason === 'refusal' || answer.finishReason === 'content_filter') {
    throw new GatewayError('AI_OUTPUT_REFUSED');
  }
  return JSON.stringify({
    output: readOutput(prompt.outputSchema, textOf(answer)),
    model: answer.model,
    finish_reason: answer.finishReason,
    usage: responsesUsage(answer.usage),
    cost_usd: formatUsd(answer.costNanoUsd),
  });
}

function readOutput(schema: JsonSchema | undefined, text: string): unknown {
  if (schema === undefined) return text;
  let output: unknown;
  try {
    output = JSON.parse(text);
  } catch (cause) {
    throw new GatewayError('AI_OUTPUT_INVALID', { message: 'The model’s answer is not JSON.', cause });
  }
  if (schemaProblems(schema, output).length > 0) {
    throw new GatewayError('AI_OUTPUT_INVALID', {
      message: 'The model’s answer does not fit the prompt’s output schema.',
    });
  }
  return output;
}

export class PromptStream implements StreamForm {
  readonly heartbeat = ': waiting\n\n';
  readonly #prompt: PublishedPrompt;

  constructor(prompt: PublishedPrompt) {
    this.#prompt = prompt;
  }

  delta(part: StreamDelta): string {
    return part.type === 'text_delta' && part.text !== ''
      ? eventText(JSON.stringify({ text: part.text }), 'delta')
      : '';
  }

  end(answer: Completion, note: string): string {
    try {
      return note + eventText(writePromptAnswer(this.#prompt, answer), 'done');
    } catch (error) {
      if (error instanceof GatewayError) return this.failed(error);
      throw error;
    }
  }

  failed(error: GatewayError): string {
    return eventText(JSON.stringify({ error: openAiError(error) }), 'error');
  }
}
