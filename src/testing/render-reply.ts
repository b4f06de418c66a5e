/** Renders a reply to the bytes of the request's wire, before faults are applied. */
import { unreachable } from '../lib/index.ts';
import type { AnswerRequirements } from './answer-requirements.ts';
import type { ErrorAnswer } from './error-answer.ts';
import type { Faults } from './faults.ts';
import type { Recording } from './recording.ts';
import type { ScriptedAnswer, ScriptedBody, ScriptedReply } from './scripted-reply.ts';
import { settleAnswer } from './settle-answer.ts';
import type { GeneratingWire, Wire } from './wire.ts';
import type { Frame, WireForm } from './wire-form.ts';
import { geminiEmbeddings, openAiEmbeddings } from './wires/embeddings.ts';
import { wireError, wireForms } from './wires/wire-forms.ts';

export interface Rendered {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly frames: readonly Frame[];
  readonly isStream: boolean;
  /** The form of an error event inside the answer. */
  readonly errorFrames: WireForm['errorFrames'];
}

export interface Rendering {
  readonly number: number;
  readonly wire: Wire;
  readonly requirements: AnswerRequirements;
  readonly body: unknown;
  readonly bodyLength: number;
  readonly models: readonly string[];
}

export function renderReply(reply: ScriptedReply, request: Rendering, faults: Faults): Rendered {
  if ('error' in reply) return renderError(request.wire, reply.error);
  if ('body' in reply) return renderBody(reply);
  if ('recording' in reply) return renderRecording(reply.recording, request);
  return renderAnswer(reply, request, faults);
}

export function renderError(wire: Wire, error: ErrorAnswer): Rendered {
  const { body, headers } = wireError(wire, error);
  return renderJson(body, error.status, headers);
}

function renderAnswer(answer: ScriptedAnswer, request: Rendering, faults: Faults): Rendered {
  const { wire, requirements } = request;
  switch (wire) {
    case 'openai-embeddings':
      return renderJson(openAiEmbeddings(request.body, requirements.model, answer), 200, answer.headers);
    case 'gemini-embed':
      return renderJson(geminiEmbeddings(request.body, answer), 200, answer.headers);
    case 'openai-models': {
      const data = request.models.map((id) => ({ id, object: 'model', created: 1_760_000_000, owned_by: 'scripted' }));
      return renderJson({ object: 'list', data }, 200, answer.headers);
    }
    case 'gemini-models':
      return renderJson({ models: request.models.map((name) => ({ name: `models/${name}` })) }, 200, answer.headers);
    case 'unknown':
      return renderError(wire, { status: 404, code: 'unknown_url', message: 'Unknown request URL.' });
    case 'openai-chat':
    case 'openai-responses':
    case 'anthropic-messages':
    case 'gemini-generate':
    case 'bedrock-converse':
    case 'cohere-chat': {
      const form = wireForms[wire];
      const settled = settleAnswer(answer, requirements, faults, request);
      if (requirements.isStream) return renderStream(wire, form.frames(settled), answer.headers);
      return renderJson(form.whole(settled), 200, answer.headers);
    }
    default:
      return unreachable(wire);
  }
}

function renderStream(
  wire: GeneratingWire,
  frames: readonly Frame[],
  headers?: Readonly<Record<string, string>>,
): Rendered {
  const { streamType, errorFrames } = wireForms[wire];
  const streamHeaders = { 'content-type': streamType, 'cache-control': 'no-cache' };
  return {
    status: 200,
    headers: headers === undefined ? streamHeaders : { ...streamHeaders, ...headers },
    frames,
    isStream: true,
    errorFrames,
  };
}

function renderJson(body: unknown, status: number, headers?: Readonly<Record<string, string>>): Rendered {
  return renderBody({ body: JSON.stringify(body), status, ...(headers && { headers }) });
}

function renderBody({ body, status = 200, headers }: ScriptedBody): Rendered {
  const bytes = typeof body === 'string' ? body : Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  return {
    status,
    headers: headers === undefined ? json : { ...json, ...headers },
    frames: [{ kind: 'terminal', bytes }],
    isStream: false,
    errorFrames: () => [],
  };
}

const json = { 'content-type': 'application/json' };

function renderRecording(recording: Recording, { wire, requirements }: Rendering): Rendered {
  const { whole, events, stream } = recording;
  if (requirements.isStream && stream !== undefined) {
    return renderBody({ body: stream, headers: { 'content-type': 'text/event-stream; charset=utf-8' } });
  }
  if (requirements.isStream && events !== undefined) {
    if (!isGenerating(wire)) throw new Error(`a stream is not of the wire ${wire}`);
    const { frame, terminal } = wireForms[wire];
    const frames = events.map((event) => (typeof event === 'string' ? textFrame(event) : frame(event)));
    return renderStream(wire, terminal === undefined ? frames : [...frames, terminal]);
  }
  // A refused request gets its complete error, stream or not.
  const status = whole === undefined ? 200 : statusOfRecorded(whole);
  if (whole === undefined || (requirements.isStream && status === 200)) {
    throw new Error(`the recording ${recording.name} has no ${requirements.isStream ? 'stream' : 'whole body'}`);
  }
  return renderJson(whole, status);
}

function textFrame(text: string): Frame {
  return { kind: 'delta', bytes: `data: ${text}\n\n` };
}

function isGenerating(wire: Wire): wire is GeneratingWire {
  return Object.hasOwn(wireForms, wire);
}

function statusOfRecorded(whole: Readonly<Record<string, unknown>>): number {
  if (typeof whole.error !== 'object' || whole.error === null) return 200;
  const { code } = whole.error as { code?: unknown };
  return typeof code === 'number' && code >= 400 && code < 600 ? code : 400;
}
