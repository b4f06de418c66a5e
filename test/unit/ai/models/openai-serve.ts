/** Shared by the tests of the OpenAI provider: an endpoint with its provider, calls, and their results. */
import type { ServerResponse } from 'node:http';
import { inspect } from 'node:util';
import { afterEach } from 'vitest';
import {
  type ModelAnswer,
  type ModelRequest,
  type ProviderCall,
  ProviderFailure,
  type ProviderStreamPart,
  userText,
} from '../../../../src/ai/model-call/index.ts';
import {
  createOpenAiProvider,
  type OpenAiProviderOptions,
} from '../../../../src/ai/providers/openai/openai-provider.ts';
import { Deadline } from '../../../../src/lib/index.ts';
import { type ReceivedCall, startChatEndpoint } from './chat-endpoint.ts';

export const apiKey = 'sk-test-ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789';

export const text: ModelRequest = {
  messages: [{ role: 'system', content: 'Be short.' }, userText('Is it good?')],
  output: { kind: 'text' },
  maxOutputTokens: 50,
};

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

export type Reply = (call: ReceivedCall, response: ServerResponse) => void;

export async function serve(reply: Reply, options: Partial<OpenAiProviderOptions> = {}) {
  const endpoint = await startChatEndpoint(reply);
  const provider = createOpenAiProvider({ name: 'openai', baseUrl: endpoint.baseUrl, keys: [apiKey], ...options });
  let isOpen = true;
  const close = async () => {
    if (isOpen) await endpoint.close();
    isOpen = false;
  };
  closing.push(() => provider.close(), close);
  return { ...endpoint, close, provider };
}

export function called(more: Partial<ProviderCall> & { readonly milliseconds?: number } = {}): ProviderCall {
  const { milliseconds = 5_000, ...rest } = more;
  return {
    signal: new AbortController().signal,
    deadline: Deadline.in(milliseconds),
    key: 0,
    structured: 'json_schema',
    ...rest,
  };
}

export async function failureOf(promise: Promise<unknown>): Promise<ProviderFailure> {
  const error = await promise.then(
    (value) => value,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof ProviderFailure)) throw new Error(`expected a ProviderFailure, not ${inspect(error)}`);
  return error;
}

export async function partsOf(stream: AsyncIterable<ProviderStreamPart>): Promise<ProviderStreamPart[]> {
  const parts: ProviderStreamPart[] = [];
  for await (const part of stream) parts.push(part);
  const terminals = parts.filter(({ type }) => type === 'end' || type === 'failed');
  if (terminals.length !== 1 || terminals[0] !== parts.at(-1)) throw new Error(`not one terminal: ${inspect(parts)}`);
  return parts;
}

export function endOf(parts: readonly ProviderStreamPart[]): ModelAnswer {
  const last = parts.at(-1);
  if (last?.type !== 'end') throw new Error(`expected an end, not ${inspect(last)}`);
  return last.answer;
}

export function failureIn(parts: readonly ProviderStreamPart[]): ProviderFailure {
  const last = parts.at(-1);
  if (last?.type !== 'failed') throw new Error(`expected a failure, not ${inspect(last)}`);
  return last.failure;
}

/** The parts of an answer by a stream's deltas, to be compared with its final answer. */
export function joinDeltas(parts: readonly ProviderStreamPart[]): unknown[] {
  const joined: Record<string, unknown>[] = [];
  for (const part of parts) {
    switch (part.type) {
      case 'tool_call_start':
        joined[part.index] = { type: 'tool_call', id: part.id, name: part.name, arguments: '' };
        break;
      case 'tool_call_delta':
        joined[part.index] = { ...joined[part.index], arguments: `${joined[part.index]?.arguments}${part.arguments}` };
        break;
      case 'text_delta':
      case 'reasoning_delta': {
        const { index, text: piece, type } = part;
        const opaque = 'opaque' in part ? { opaque: part.opaque } : {};
        const before = joined[index] ?? { type: type === 'text_delta' ? 'text' : 'reasoning', text: '' };
        joined[index] = { ...before, text: `${before.text}${piece}`, ...opaque };
        break;
      }
    }
  }
  return joined;
}
