/**
 * Reads requests of OpenAI's legacy completions wire (POST /v1/completions): a prompt is sent to a chat model as a user
 * message. Features of text-completion models (`suffix`, probabilities, `best_of`) are refused by name; `echo` prepends
 * the prompt to the text.
 */
import type { ModelRequest } from '../../model-call/index.ts';
import { userText } from '../../model-call/index.ts';
import {
  type Draft,
  type Fields,
  InvalidField,
  isFields,
  knownFields,
  readBoolean,
  readInteger,
  readObject,
  readSampling,
  requireString,
  sortFields,
} from '../shared/index.ts';

export interface CompletionsCall {
  readonly alias: string;
  /** One per choice, in order; each is a separate call. */
  readonly requests: readonly ModelRequest[];
  /** The prefix of each choice's text: the echoed prompt. */
  readonly echoes: readonly string[];
  readonly user: string | undefined;
  readonly stream: boolean;
  readonly includeUsage: boolean;
}

const fieldKinds = knownFields({
  form: [
    ...['model', 'prompt', 'max_tokens', 'temperature', 'top_p', 'n', 'stream', 'stream_options', 'stop', 'seed'],
    ...['frequency_penalty', 'presence_penalty', 'user', 'echo', 'suffix', 'logprobs', 'best_of', 'logit_bias'],
  ],
  hint: ['metadata', 'prompt_cache_key', 'safety_identifier'],
  refused: [],
});

/** The bound of prompts: each is a separate call. */
const maxChoices = 16;

/** @throws InvalidField */
export function readCompletionsRequest(body: Fields): CompletionsCall {
  const [unmapped] = sortFields(body, fieldKinds).unmapped;
  if (unmapped !== undefined) throw unavailable(unmapped);
  const alias = requireString(body, 'model');
  const prompts = readPrompts(body.prompt);
  const stream = readBoolean(body, 'stream') === true;
  const each = readInteger(body, 'n', 1) ?? 1;
  const best = readInteger(body, 'best_of', 1);
  if (best !== undefined && best > each) throw unavailable('best_of');
  if ((readInteger(body, 'logprobs', 0) ?? 0) > 0) throw unavailable('logprobs');
  if (typeof body.suffix === 'string' && body.suffix !== '') throw unavailable('suffix');
  if (isFields(body.logit_bias) && Object.keys(body.logit_bias).length > 0) throw unavailable('logit_bias');
  const choices = prompts.length * each;
  if (choices > maxChoices) throw new InvalidField(`There can be ${maxChoices} choices at most.`, 'n');
  if (stream && choices > 1) {
    const message = 'A stream has one choice here: ask for each by itself, or without `stream`.';
    throw new InvalidField(message, prompts.length > 1 ? 'prompt' : 'n', 'AI_REQUEST_UNSUPPORTED');
  }
  const settings: Draft = { messages: [], output: { kind: 'text' } };
  readSampling(settings, body);
  const maxTokens = readInteger(body, 'max_tokens', 1);
  if (maxTokens !== undefined) settings.maxOutputTokens = maxTokens;
  const texts = prompts.flatMap((prompt) => Array<string>(each).fill(prompt));
  const options = readObject(body, 'stream_options');
  return {
    alias,
    requests: texts.map((prompt) => ({ ...settings, messages: [userText(prompt)] })),
    echoes: texts.map((prompt) => (readBoolean(body, 'echo') === true ? prompt : '')),
    user: settings.user,
    stream,
    includeUsage: options !== undefined && readBoolean(options, 'include_usage', 'stream_options.') === true,
  };
}

function readPrompts(prompt: unknown): readonly string[] {
  const prompts: unknown = typeof prompt === 'string' ? [prompt] : prompt;
  if (Array.isArray(prompts) && prompts.length > 0) {
    if (prompts.every((text) => typeof text === 'string' && text !== '')) return prompts;
    if (typeof prompts[0] === 'number' || Array.isArray(prompts[0])) {
      throw new InvalidField('`prompt` must be text; tokens are not taken.', 'prompt', 'AI_REQUEST_UNSUPPORTED');
    }
  }
  throw new InvalidField('`prompt` must be a string, or an array of strings, that is not empty.', 'prompt');
}

function unavailable(field: string): InvalidField {
  return new InvalidField(`\`${field.slice(0, 64)}\` is not available here.`, field, 'AI_REQUEST_UNSUPPORTED');
}
