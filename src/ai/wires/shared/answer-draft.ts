/**
 * An answer while it is read: deltas of text, reasoning and tool calls in order of arrival, each also emitted as a
 * delta. Complete answers and streams are both assembled here, so that they are equal: the deltas of a stream, joined,
 * are its answer.
 *
 * JSON that is wrapped, fenced or a tool's arguments is buffered until it is complete, because its pieces are not JSON.
 */
import { newId } from '../../../lib/index.ts';
import type { AnswerPart, FinishReason, JsonObject, StreamDelta } from '../../model-call/index.ts';
import { beginsAsJson, type JsonReading, readJsonText } from './structured-output.ts';
import { ThinkingTags } from './thinking-tags.ts';

export interface ToolCallDraft {
  /** The part's index; -1: its arguments are the text of the answer. */
  readonly index: number;
  arguments: string;
  opaque?: JsonObject;
}

type PartDraft =
  | { readonly type: 'text'; text: string }
  | { readonly type: 'reasoning'; text: string; opaque: JsonObject | undefined }
  | { readonly type: 'tool_call'; readonly id: string; readonly name: string; readonly call: ToolCallDraft };

export class AnswerDraft {
  readonly #reading: JsonReading | undefined;
  readonly #parts: PartDraft[] = [];
  readonly #tags = new ThinkingTags();
  #breaks = false;
  #refusal = '';
  /** For JSON output: its only text part, and whether its deltas may be emitted before it is complete. */
  #json: { readonly index: number; readonly part: { text: string } } | undefined;
  #gate: 'undecided' | 'open' | 'held';
  /** Text beside the tool call that should have been the answer. */
  #aside = '';
  #hasToolCalls = false;

  constructor(reading: JsonReading | undefined) {
    this.#reading = reading;
    this.#gate = reading === undefined ? 'open' : reading.isWrapped ? 'held' : 'undecided';
  }

  /** Whether nothing has been read. */
  get isEmpty(): boolean {
    return this.#parts.length === 0 && this.#refusal === '' && this.#aside === '';
  }

  get refusal(): string | undefined {
    return this.#refusal === '' ? undefined : this.#refusal;
  }

  /** Everything written so far, for estimates. */
  get writtenText(): string {
    let all = this.#refusal + this.#aside;
    for (const part of this.#parts) all += part.type === 'tool_call' ? part.name + part.call.arguments : part.text;
    return all;
  }

  /** The next delta begins a separate part, whatever its kind. */
  breakPart(): void {
    this.#breaks = true;
  }

  /** Whether all further text is the answer, without thinking. */
  get hasBegunText(): boolean {
    return this.#tags.isOver;
  }

  text(piece: string, out: StreamDelta[]): void {
    if (piece === '') return;
    if (this.#tags.isOver) this.#text(piece, out);
    else this.#tags.read(piece, this.#sinkFor(out));
  }

  /** The end of the text: emits a buffered prefix of a possible tag. */
  endText(out: StreamDelta[]): void {
    if (!this.#tags.isOver) this.#tags.end(this.#sinkFor(out));
  }

  #sinkFor(out: StreamDelta[]) {
    return {
      text: (text: string) => this.#text(text, out),
      reasoning: (text: string) => this.reasoning(text, out),
    };
  }

  #text(piece: string, out: StreamDelta[]): void {
    if (this.#reading !== undefined) {
      if (this.#reading.answerTool === undefined) this.#jsonText(piece, out);
      else this.#aside += piece;
      return;
    }
    const last = this.#last();
    if (last?.type === 'text') last.text += piece;
    else this.#parts.push({ type: 'text', text: piece });
    out.push({ type: 'text_delta', index: this.#parts.length - 1, text: piece });
  }

  reasoning(piece: string, out: StreamDelta[], opaque?: JsonObject): void {
    if (piece === '' && opaque === undefined) return;
    const last = this.#last();
    if (last?.type === 'reasoning') {
      last.text += piece;
      last.opaque = opaque ?? last.opaque;
    } else {
      this.#parts.push({ type: 'reasoning', text: piece, opaque });
    }
    const index = this.#parts.length - 1;
    out.push({ type: 'reasoning_delta', index, text: piece, ...(opaque === undefined ? {} : { opaque }) });
  }

  refuse(piece: string, out: StreamDelta[]): void {
    if (piece === '') return;
    this.#refusal += piece;
    out.push({ type: 'refusal_delta', text: piece });
  }

  /** `id` is generated if the provider gave none, or the "null" of Mistral. */
  toolCall(id: string | undefined, name: string, out: StreamDelta[], extra?: JsonObject): ToolCallDraft {
    if (name === this.#reading?.answerTool) return { index: -1, arguments: '' };
    const call: ToolCallDraft = { index: this.#parts.length, arguments: '' };
    if (extra !== undefined) this.setOpaque(call, extra);
    const callId = id === undefined || id === 'null' ? newId('call_') : id;
    this.#parts.push({ type: 'tool_call', id: callId, name, call });
    this.#hasToolCalls = true;
    this.#breaks = false;
    const opaque = call.opaque === undefined ? {} : { opaque: call.opaque };
    out.push({ type: 'tool_call_start', index: call.index, id: callId, name, ...opaque });
    return call;
  }

  /** The opaque data of a call on the chat wire, as one text; its content is not interpreted. */
  setOpaque(call: ToolCallDraft, extra: JsonObject): void {
    call.opaque = { chat: { extra_content: JSON.stringify(extra) } };
  }

  toolArguments(call: ToolCallDraft, piece: string, out: StreamDelta[]): void {
    if (piece === '') return;
    call.arguments += piece;
    if (call.index === -1) this.#jsonText(piece, out);
    else out.push({ type: 'tool_call_delta', index: call.index, arguments: piece });
  }

  /** Emits the buffered deltas. Nothing may follow. */
  end(out: StreamDelta[]): void {
    this.endText(out);
    if (this.#reading !== undefined && this.#json === undefined && this.#aside !== '') {
      this.#jsonText(this.#aside, out);
      this.#aside = '';
    }
    if (this.#reading !== undefined && this.#json !== undefined && this.#gate !== 'open') {
      const { index, part } = this.#json;
      part.text = readJsonText(part.text, this.#reading);
      if (part.text !== '') out.push({ type: 'text_delta', index, text: part.text });
    }
    for (const part of this.#parts) {
      if (part.type === 'tool_call' && part.call.arguments === '') this.toolArguments(part.call, '{}', out);
    }
  }

  content(): AnswerPart[] {
    return this.#parts.map((part): AnswerPart => {
      if (part.type === 'text') return { type: 'text', text: part.text };
      if (part.type === 'tool_call') {
        const { opaque } = part.call;
        const call = { type: part.type, id: part.id, name: part.name, arguments: part.call.arguments };
        return opaque === undefined ? call : { ...call, opaque };
      }
      const { text, opaque } = part;
      return { type: 'reasoning', text, ...(opaque === undefined ? {} : { opaque }) };
    });
  }

  /** Corrects the provider's finish reason: some report `stop` for tool calls or refusals. */
  finishReason(reason: FinishReason): FinishReason {
    if (reason === 'tool_calls' && !this.#hasToolCalls) return 'stop';
    if (reason !== 'stop') return reason;
    if (this.#refusal !== '') return 'refusal';
    return this.#hasToolCalls ? 'tool_calls' : 'stop';
  }

  #last(): PartDraft | undefined {
    if (this.#breaks) {
      this.#breaks = false;
      return undefined;
    }
    return this.#parts.at(-1);
  }

  #jsonText(piece: string, out: StreamDelta[]): void {
    if (this.#json === undefined) {
      const part: PartDraft = { type: 'text', text: '' };
      this.#json = { index: this.#parts.length, part };
      this.#parts.push(part);
    }
    const { index, part } = this.#json;
    part.text += piece;
    if (this.#gate === 'open') {
      out.push({ type: 'text_delta', index, text: piece });
    } else if (this.#gate === 'undecided' && part.text.trim() !== '') {
      this.#gate = beginsAsJson(part.text) ? 'open' : 'held';
      if (this.#gate === 'open') out.push({ type: 'text_delta', index, text: part.text });
    }
  }
}
