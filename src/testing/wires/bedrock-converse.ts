/** Amazon Bedrock's Converse: a stream of binary messages, each with its own checksums. */
import { crc32 } from 'node:zlib';
import { unreachable } from '../../lib/index.ts';
import { argumentsObject } from '../arguments-object.ts';
import type { ErrorAnswer } from '../error-answer.ts';
import type { SettledAnswer, Tokens } from '../settle-answer.ts';
import { splitText } from '../settle-answer.ts';
import type { Frame, WireForm } from '../wire-form.ts';

export const bedrockConverse: WireForm = {
  streamType: 'application/vnd.amazon.eventstream',

  whole(answer) {
    const content: unknown[] = [];
    if (answer.reasoning !== undefined) {
      content.push({ reasoningContent: { reasoningText: { text: answer.reasoning, signature } } });
    }
    if (answer.text !== '' || answer.toolCalls.length === 0)
      content.push({ text: answer.text || (answer.refusal ?? '') });
    for (const { id, name, arguments: text } of answer.toolCalls) {
      content.push({ toolUse: { toolUseId: id, name, input: argumentsObject(text) } });
    }
    return {
      output: { message: { role: 'assistant', content } },
      stopReason: stopReason(answer.finish),
      ...(answer.usage && { usage: usageOf(answer.usage) }),
      metrics,
    };
  },

  frames(answer) {
    const frames: Frame[] = [];
    const push = (name: string, payload: unknown, kind: Frame['kind'] = 'delta') =>
      frames.push(eventFrame(kind, name, payload));
    let contentBlockIndex = -1;
    const block = (deltas: readonly unknown[], start?: unknown) => {
      contentBlockIndex++;
      if (start !== undefined) push('contentBlockStart', { contentBlockIndex, start });
      for (const delta of deltas) push('contentBlockDelta', { contentBlockIndex, delta });
      push('contentBlockStop', { contentBlockIndex });
    };
    push('messageStart', { role: 'assistant' });
    if (answer.reasoning !== undefined) {
      const deltas = splitText(answer.reasoning).map((text) => ({ reasoningContent: { text } }));
      block([...deltas, { reasoningContent: { signature } }]);
    }
    const pieces = answer.pieces.length > 0 ? answer.pieces : splitText(answer.refusal ?? '');
    if (pieces.length > 0) block(pieces.map((text) => ({ text })));
    for (const { id, name, arguments: text } of answer.toolCalls) {
      const deltas = splitText(text, 3).map((input) => ({ toolUse: { input } }));
      block(deltas, { toolUse: { toolUseId: id, name } });
    }
    push('messageStop', { stopReason: stopReason(answer.finish) }, 'finish');
    const metadata = { ...(answer.usage && { usage: usageOf(answer.usage) }), metrics };
    push('metadata', metadata, 'terminal');
    if (answer.usageTwice) push('metadata', metadata, 'terminal');
    return frames;
  },

  /** A recorded event is `{ name: payload }`. */
  frame(event) {
    const [[name, payload] = ['unknown', {}]] = Object.entries(event);
    const kind = name === 'messageStop' ? 'finish' : name === 'metadata' ? 'terminal' : 'delta';
    return eventFrame(kind, name, payload);
  },

  errorFrames(error) {
    const bytes = eventMessage(
      { ':message-type': 'exception', ':exception-type': bedrockErrorType(error), ':content-type': 'application/json' },
      JSON.stringify(bedrockError(error)),
    );
    return [{ kind: 'delta', bytes }];
  },
};

const signature = 'c2NyaXB0ZWQ=';
const metrics = { latencyMs: 100 };

function eventFrame(kind: Frame['kind'], name: string, payload: unknown): Frame {
  const headers = { ':event-type': name, ':content-type': 'application/json', ':message-type': 'event' };
  return { kind, bytes: eventMessage(headers, JSON.stringify(payload)) };
}

/** Length, length of headers and their checksum; the headers; the payload; a checksum of it all. */
function eventMessage(headers: Readonly<Record<string, string>>, payload: string): Buffer {
  const encodedHeaders = Object.entries(headers).map(([name, value]) => {
    const lengths = Buffer.from([name.length]);
    const text = Buffer.from(value);
    const type = Buffer.from([7, text.length >> 8, text.length & 0xff]); // 7: a string
    return Buffer.concat([lengths, Buffer.from(name), type, text]);
  });
  const head = Buffer.concat(encodedHeaders);
  const body = Buffer.from(payload);
  const message = Buffer.alloc(16 + head.length + body.length);
  message.writeUInt32BE(message.length, 0);
  message.writeUInt32BE(head.length, 4);
  message.writeUInt32BE(crc32(message.subarray(0, 8)), 8);
  head.copy(message, 12);
  body.copy(message, 12 + head.length);
  message.writeUInt32BE(crc32(message.subarray(0, message.length - 4)), message.length - 4);
  return message;
}

function stopReason(finish: SettledAnswer['finish']): string {
  switch (finish) {
    case 'stop':
      return 'end_turn';
    case 'length':
      return 'max_tokens';
    case 'tool_calls':
      return 'tool_use';
    case 'content_filter':
    case 'refusal':
      return 'content_filtered';
    default:
      return unreachable(finish);
  }
}

/** `inputTokens` excludes cache reads and writes. */
function usageOf(tokens: Tokens) {
  const inputTokens = Math.max(0, tokens.input - tokens.cached - tokens.cacheWrite);
  return {
    inputTokens,
    outputTokens: tokens.output,
    totalTokens: tokens.input + tokens.output,
    cacheReadInputTokens: tokens.cached,
    cacheWriteInputTokens: tokens.cacheWrite,
    ...(tokens.cacheWriteHour === 0 ? {} : { cacheDetails: [{ ttl: '1h', inputTokens: tokens.cacheWriteHour }] }),
  };
}

const types: ReadonlyMap<number, string> = new Map([
  [400, 'ValidationException'],
  [401, 'UnrecognizedClientException'],
  [403, 'AccessDeniedException'],
  [404, 'ResourceNotFoundException'],
  [408, 'ModelTimeoutException'],
  [424, 'ModelErrorException'],
  [429, 'ThrottlingException'],
  [500, 'InternalServerException'],
  [503, 'ServiceUnavailableException'],
]);

export function bedrockErrorType({ status }: ErrorAnswer): string {
  return types.get(status) ?? (status < 500 ? 'ValidationException' : 'InternalServerException');
}

export function bedrockError({ status, code, message }: ErrorAnswer) {
  const contextSentence = code === 'context_length_exceeded' ? 'Input is too long for requested model.' : undefined;
  return { message: message ?? contextSentence ?? code ?? `The server answered ${status}.` };
}
