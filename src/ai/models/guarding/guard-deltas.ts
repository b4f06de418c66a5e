import { unreachable } from '../../../lib/index.ts';
import { describeFindings, type GuardedStream, type Guardrails, type Placeholders } from '../../guardrails/index.ts';
import type { StreamDelta } from '../../model-call/index.ts';

/** The checked deltas of a stream: some are delayed, and none carries the provider's own event. */
export interface GuardedDeltas {
  /** After a block, always empty. */
  push(delta: StreamDelta): readonly StreamDelta[];
  /** The deltas that are still buffered. */
  end(): readonly StreamDelta[];
  readonly blocked: boolean;
  /** Whether the complete answer must be checked before any delta is passed on. */
  readonly buffersAll: boolean;
  findings(): readonly string[];
}

interface Channel {
  readonly stream: GuardedStream;
  readonly delta: (text: string) => StreamDelta;
}

const noDeltas: readonly StreamDelta[] = [];

/**
 * Each part of the answer is checked as a separate text. Parts stay in order: the buffer of one is flushed before the next
 * begins; only the arguments of tool calls may be interleaved.
 */
export function guardDeltas(guardrails: Guardrails, placeholders: Placeholders, form: 'text' | 'json'): GuardedDeltas {
  const channels = new Map<string, Channel>();
  const findings: string[] = [];
  let blocked = false;

  function flush(key: string, channel: Channel, out: StreamDelta[]): void {
    channels.delete(key);
    const remaining = channel.stream.end();
    findings.push(...describeFindings(channel.stream.findings));
    if (typeof remaining !== 'string') blocked = true;
    else if (remaining !== '') out.push(channel.delta(remaining));
  }

  function pass(key: string, text: string, kind: 'text' | 'json', delta: (text: string) => StreamDelta): StreamDelta[] {
    const out: StreamDelta[] = [];
    let channel = channels.get(key);
    if (channel === undefined) {
      for (const [openKey, openChannel] of channels) if (!openKey.startsWith('tool')) flush(openKey, openChannel, out);
      channel = { stream: guardrails.outputStream(placeholders, { form: kind }), delta };
      channels.set(key, channel);
    }
    const passed = channel.stream.push(text);
    if (typeof passed !== 'string') {
      blocked = true;
      findings.push(...describeFindings(passed.findings));
    } else if (passed !== '') out.push(delta(passed));
    return out;
  }

  function guarded(part: StreamDelta): readonly StreamDelta[] {
    switch (part.type) {
      case 'text_delta': {
        const { type, index } = part;
        return pass(`text${index}`, part.text, form, (text) => ({ type, index, text }));
      }
      case 'reasoning_delta': {
        const { type, index, opaque } = part;
        const out = pass(`reasoning${index}`, part.text, 'text', (text) => ({ type, index, text }));
        if (opaque !== undefined) out.push({ type, index, text: '', opaque });
        return out;
      }
      case 'refusal_delta': {
        const { type } = part;
        return pass('refusal', part.text, 'text', (text) => ({ type, text }));
      }
      case 'tool_call_start': {
        const { type, index, id, name, opaque } = part;
        const out: StreamDelta[] = [];
        for (const [key, open] of channels) if (!key.startsWith('tool')) flush(key, open, out);
        out.push({ type, index, id, name, ...(opaque === undefined ? {} : { opaque }) });
        return out;
      }
      case 'tool_call_delta': {
        const { type, index } = part;
        return pass(`tool${index}`, part.arguments, 'json', (text) => ({ type, index, arguments: text }));
      }
      // Citations are not checked.
      case 'citation_delta':
      case 'other':
        return noDeltas;
      default:
        return unreachable(part);
    }
  }

  return {
    push: (part) => (blocked || guardrails.buffersStreams ? noDeltas : guarded(part)),
    end() {
      const out: StreamDelta[] = [];
      for (const [key, channel] of channels) if (!blocked) flush(key, channel, out);
      return blocked ? noDeltas : out;
    },
    get blocked() {
      return blocked;
    },
    buffersAll: guardrails.buffersStreams,
    findings: () => findings,
  };
}
