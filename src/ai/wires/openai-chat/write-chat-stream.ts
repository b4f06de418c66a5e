/**
 * Writes a stream in OpenAI's chat completions wire: the role, deltas, the finish reason, the usage if requested,
 * [DONE].
 */

import type { GatewayError } from '../../../errors/index.ts';
import { newId, unreachable } from '../../../lib/index.ts';
import type { AnswerPart, Completion, StreamDelta } from '../../model-call/index.ts';
import {
  type AgentTools,
  agentToolsOf,
  chatUsage,
  customInput,
  eventText,
  extraContentOf,
  type Fields,
  isFields,
  openAiError,
  type StreamForm,
  unixSeconds,
} from '../shared/index.ts';
import { chatFinishReason } from './write-chat-completion.ts';

const done = 'data: [DONE]\n\n';

/** JSON inside a JSON string is escaped, so model output cannot contain this text. */
const finishes = /"finish_reason"\s*:\s*"/;
const hasUsage = /"usage"\s*:\s*\{/;

export class ChatStream implements StreamForm {
  readonly heartbeat = ': waiting\n\n';
  readonly #includeUsage: boolean;
  readonly #head: string;
  readonly #tail: string;
  /** The index of each tool call among the tool calls, by its part's index. */
  readonly #calls = new Map<number, number>();
  readonly #tools: AgentTools;
  /**
   * The text written for calls of custom tools, by the part's index: their free text is inside the JSON of the
   * arguments.
   */
  readonly #custom = new Map<number, string>();
  #began = false;
  /** Whether the events of a provider of the same wire are passed through. */
  #passing = false;
  #finished = false;
  isUsageSent = false;
  #refused = false;

  /** @param body the client's body: calls of its tools are written as it described them */
  constructor(alias: string, includeUsage: boolean, body: Fields = {}) {
    this.#tools = agentToolsOf(body);
    this.#includeUsage = includeUsage;
    this.#head = `data: {"id":"${newId('chatcmpl-')}","object":"chat.completion.chunk","created":${unixSeconds()},"model":${JSON.stringify(alias)},"choices":[`;
    this.#tail = includeUsage ? '],"usage":null}\n\n' : ']}\n\n';
  }

  delta(part: StreamDelta): string {
    if (part.wire !== undefined) return this.#pass(part.wire, part.type === 'other');
    if (this.#passing) return ''; // its event has been passed through
    switch (part.type) {
      case 'text_delta':
        return part.text === '' ? '' : this.#chunk(`{"content":${JSON.stringify(part.text)}}`);
      case 'reasoning_delta':
        return part.text === '' ? '' : this.#chunk(`{"reasoning_content":${JSON.stringify(part.text)}}`);
      case 'refusal_delta':
        this.#refused = true;
        return this.#chunk(`{"refusal":${JSON.stringify(part.text)}}`);
      case 'tool_call_start': {
        const index = this.#calls.size;
        this.#calls.set(part.index, index);
        const tool = this.#tools.get(part.name);
        if (tool?.isCustom === true) {
          this.#custom.set(part.index, '');
          const custom = `{"name":${JSON.stringify(tool.name)},"input":""}`;
          return this.#chunk(
            `{"tool_calls":[{"index":${index},"id":${JSON.stringify(part.id)},"type":"custom","custom":${custom}}]}`,
          );
        }
        const called = `{"name":${JSON.stringify(part.name)},"arguments":""}`;
        return this.#chunk(
          `{"tool_calls":[{"index":${index},"id":${JSON.stringify(part.id)},"type":"function","function":${called}}]}`,
        );
      }
      case 'tool_call_delta': {
        const index = this.#calls.get(part.index) ?? 0;
        const custom = this.#custom.get(part.index);
        if (custom !== undefined) {
          this.#custom.set(part.index, custom + part.arguments);
          return '';
        }
        return this.#chunk(
          `{"tool_calls":[{"index":${index},"function":{"arguments":${JSON.stringify(part.arguments)}}}]}`,
        );
      }
      case 'citation_delta':
      case 'other':
        return '';
      default:
        return unreachable(part);
    }
  }

  end(answer: Completion, note: string): string {
    let text = '';
    if (!this.#began && !this.#passing) text += this.#whole(answer.content);
    text += this.#inputs();
    if (!this.#passing) text += this.#opaque(answer.content);
    if (!this.#passing && !this.#refused && answer.refusal !== undefined) {
      text += this.#chunk(`{"refusal":${JSON.stringify(answer.refusal)}}`);
    }
    if (!this.#finished) {
      const reason = chatFinishReason(answer.finishReason, answer.refusal);
      text += `${this.#head}{"index":0,"delta":{},"logprobs":null,"finish_reason":"${reason}"}${this.#tail}`;
    }
    if (this.#includeUsage && !this.isUsageSent) {
      text += `${this.#head}],"usage":${JSON.stringify(chatUsage(answer.usage))}}\n\n`;
    }
    return `${text}${note}${done}`;
  }

  failed(error: GatewayError): string {
    return eventText(JSON.stringify({ error: openAiError(error) }));
  }

  #chunk(delta: string): string {
    const chunk = `${this.#head}{"index":0,"delta":${delta},"logprobs":null,"finish_reason":null}${this.#tail}`;
    if (this.#began) return chunk;
    this.#began = true;
    const role =
      '{"index":0,"delta":{"role":"assistant","content":"","refusal":null},"logprobs":null,"finish_reason":null}';
    return `${this.#head}${role}${this.#tail}${chunk}`;
  }

  /** An answer without any delta before its end. */
  #whole(content: readonly AnswerPart[]): string {
    let text = '';
    for (let index = 0; index < content.length; index++) {
      const part = content[index] as AnswerPart;
      if (part.type === 'text') text += this.delta({ type: 'text_delta', index, text: part.text });
      else if (part.type === 'reasoning') text += this.delta({ type: 'reasoning_delta', index, text: part.text });
      else {
        text += this.delta({ type: 'tool_call_start', index, id: part.id, name: part.name });
        text += this.delta({ type: 'tool_call_delta', index, arguments: part.arguments });
      }
    }
    return this.#began ? text : this.#chunk('{"content":""}');
  }

  #inputs(): string {
    let text = '';
    for (const [part, custom] of this.#custom) {
      const input = JSON.stringify(customInput(custom));
      text += this.#chunk(`{"tool_calls":[{"index":${this.#calls.get(part)},"custom":{"input":${input}}}]}`);
    }
    return text;
  }

  /** A tool call's opaque data is known when the call is complete; clients merge it into the call. */
  #opaque(content: readonly AnswerPart[]): string {
    let text = '';
    let index = -1;
    for (const part of content) {
      if (part.type !== 'tool_call') continue;
      index++;
      if (part.opaque === undefined) continue;
      text += this.#chunk(
        `{"tool_calls":[{"index":${index},"extra_content":${JSON.stringify(extraContentOf(part.opaque))}}]}`,
      );
    }
    return text;
  }

  #pass(wire: string, mayBeUsage: boolean): string {
    this.#passing = true;
    if (finishes.test(wire)) this.#finished = true;
    if (hasUsage.test(wire)) {
      // The gateway always requests usage; a client that did not must not get a chunk without choices.
      if (mayBeUsage && !this.#includeUsage && isUsageOnly(wire)) return '';
      this.isUsageSent = true;
    }
    return eventText(wire);
  }
}

function isUsageOnly(wire: string): boolean {
  const chunk: unknown = JSON.parse(wire);
  return isFields(chunk) && Array.isArray(chunk.choices) && chunk.choices.length === 0;
}
