/** A call of /v1 made as applications make it, with the vendors' own clients, and read into one form. */
import type { V1Gateway } from './v1-gateway.ts';
import { words } from './v1-gateway.ts';

export interface ReadAnswer {
  readonly text: string;
  /** The name and the arguments of each tool call. */
  readonly calls: readonly (readonly [name: string, input: unknown])[];
  /** Input with the cached part, and output; `undefined`: the client received none. */
  readonly usage: readonly [input: number, output: number] | undefined;
  readonly finish: string | null | undefined;
}

export const routes = ['chat/completions', 'responses', 'messages'] as const;
export type Route = (typeof routes)[number];

/** Rejects as the client does. */
export function readWith(gateway: V1Gateway, route: Route, model: string, stream: boolean): Promise<ReadAnswer> {
  return readers[route](gateway, model, stream);
}

const readers = {
  async 'chat/completions'({ openai }: V1Gateway, model: string, stream: boolean): Promise<ReadAnswer> {
    const asked = { model, messages: [{ role: 'user' as const, content: words() }] };
    const { choices, usage } = stream
      ? await openai.chat.completions
          .stream({ ...asked, stream_options: { include_usage: true } })
          .finalChatCompletion()
      : await openai.chat.completions.create(asked);
    const { message, finish_reason: finish } = choices[0] ?? {};
    const calls = message?.tool_calls ?? [];
    return {
      text: message?.content ?? '',
      calls: calls.flatMap((call) =>
        call.type === 'function' ? [[call.function.name, JSON.parse(call.function.arguments)] as const] : [],
      ),
      usage: usage === undefined || usage === null ? undefined : [usage.prompt_tokens, usage.completion_tokens],
      finish,
    };
  },

  async responses({ openai }: V1Gateway, model: string, stream: boolean): Promise<ReadAnswer> {
    const asked = { model, input: words() };
    const response = stream
      ? await openai.responses.stream(asked).finalResponse()
      : await openai.responses.create(asked);
    // This client does not throw where a stream's last event is `response.failed`.
    if (response.status === 'failed') throw new Error(response.error?.message);
    const { usage } = response;
    return {
      text: response.output_text,
      calls: response.output.flatMap((item) =>
        item.type === 'function_call' ? [[item.name, JSON.parse(item.arguments)] as const] : [],
      ),
      usage: usage === undefined || usage === null ? undefined : [usage.input_tokens, usage.output_tokens],
      finish: response.status,
    };
  },

  async messages({ anthropic }: V1Gateway, model: string, stream: boolean): Promise<ReadAnswer> {
    const asked = { model, max_tokens: 1_000, messages: [{ role: 'user' as const, content: words() }] };
    const {
      content,
      usage,
      stop_reason: finish,
    } = stream ? await anthropic.messages.stream(asked).finalMessage() : await anthropic.messages.create(asked);
    const cached = (usage.cache_read_input_tokens ?? 0) + (usage.cache_creation_input_tokens ?? 0);
    return {
      text: content.flatMap((block) => (block.type === 'text' ? [block.text] : [])).join(''),
      calls: content.flatMap((block) => (block.type === 'tool_use' ? [[block.name, block.input] as const] : [])),
      usage: [usage.input_tokens + cached, usage.output_tokens],
      finish,
    };
  },
} satisfies Record<Route, (gateway: V1Gateway, model: string, stream: boolean) => Promise<ReadAnswer>>;
