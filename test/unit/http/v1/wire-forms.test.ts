import { describe, expect, it } from 'vitest';
import type { StreamDelta } from '../../../../src/ai/model-call/index.ts';
import { ChatStream } from '../../../../src/ai/wires/openai-chat/write-chat-stream.ts';
import { opaqueFromText, opaqueToText, readOpaque } from '../../../../src/ai/wires/shared/opaque-text.ts';
import { eventText } from '../../../../src/ai/wires/shared/stream-writer.ts';
import { retryAfterSeconds, statusOf, wireErrorBody } from '../../../../src/ai/wires/shared/wire-error.ts';
import { errorTable, GatewayError, isErrorCode } from '../../../../src/errors/index.ts';

describe('errors in the wires', () => {
  it.each(Object.keys(errorTable))('%s is a 4xx or 5xx with a type in both, and does not mention GraphQL', (code) => {
    if (!isErrorCode(code)) throw new Error('unknown code');
    const error = new GatewayError(code);
    for (const form of ['openai', 'anthropic'] as const) {
      const body = JSON.parse(wireErrorBody(form, error, 'r1')) as { error: { type: string; message: string } };
      expect(body.error.type).toMatch(/^[a-z_]+$/);
      expect(body.error.message).not.toBe('');
    }
    if (/^(AI_|RATE|OVERLOADED|CONTENT|UNSUPPORTED|NOT_FOUND|METHOD|GATEWAY|INTERNAL)/.test(code)) {
      expect(statusOf(error)).toBeGreaterThanOrEqual(400);
      expect(wireErrorBody('openai', error, 'r1')).not.toContain('GraphQL');
    }
  });

  it('has retry-after in whole seconds, rounded up', () => {
    expect(retryAfterSeconds(new GatewayError('RATE_LIMITED', { retryAfterMs: 1 }))).toBe(1);
    expect(retryAfterSeconds(new GatewayError('RATE_LIMITED', { retryAfterMs: 2_001 }))).toBe(3);
    expect(retryAfterSeconds(new GatewayError('AI_MODEL_UNAVAILABLE'))).toBe(1);
    expect(retryAfterSeconds(new GatewayError('AI_REQUEST_INVALID'))).toBeUndefined();
    expect(retryAfterSeconds(new GatewayError('AI_PRICE_UNKNOWN'))).toBeUndefined();
  });
});

describe('data that a provider requires back', () => {
  it('is returned unchanged', () => {
    const opaque = { google: { thoughtSignature: 'abc' }, id: 'x' };
    expect(opaqueFromText(opaqueToText(opaque))).toEqual(opaque);
  });

  it('can be nothing but strings by name', () => {
    expect(readOpaque({ a: { b: 'c', d: { e: 1 }, f: 2 }, g: [1], h: null })).toEqual({ a: { b: 'c' } });
    expect(readOpaque([])).toBeUndefined();
    expect(opaqueFromText('isthmus.1.%%%')).toBeUndefined();
    expect(opaqueFromText('EqQBCkY')).toBeUndefined();
  });
});

describe('a provider’s events', () => {
  it('stay one event where their data spans lines', () => {
    expect(eventText('{\n"a":1}')).toBe('data: {\ndata: "a":1}\n\n');
  });

  it('are not confused with a finish that a model writes about', () => {
    const stream = new ChatStream('fast', false);
    const wire = JSON.stringify({
      choices: [{ delta: { content: '"finish_reason":"stop","usage":{' }, finish_reason: null }],
    });
    const delta: StreamDelta = { type: 'text_delta', index: 0, text: 'x', wire };
    expect(stream.delta(delta)).toBe(`data: ${wire}\n\n`);
    const usage = { inputTokens: 1, outputTokens: 1, source: 'reported' as const };
    const summary = { model: 'a/b', attempts: 1, cache: 'off' as const, costNanoUsd: 0n, durationMs: 1 };
    const end = stream.end({ content: [], finishReason: 'stop', usage, ...summary }, '');
    expect(end).toContain('"finish_reason":"stop"');
  });

  it('with two deltas are sent once', () => {
    const stream = new ChatStream('fast', false);
    const wire = '{"choices":[]}';
    expect(stream.delta({ type: 'tool_call_start', index: 0, id: 'a', name: 'b', wire })).toBe(`data: ${wire}\n\n`);
    expect(stream.delta({ type: 'tool_call_delta', index: 0, arguments: '{}' })).toBe('');
  });
});
