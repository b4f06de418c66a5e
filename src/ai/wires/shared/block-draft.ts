/**
 * Assembles an answer from blocks with ids, as Anthropic's wire and AI SDK packages send them, and emits the
 * corresponding deltas, so that the answer equals its deltas.
 *
 * A part is numbered when its first content arrives: empty blocks are in neither. JSON is emitted as it arrives if the
 * text begins as JSON; if it must be unwrapped, or is preceded by prose or a fence, its only delta is emitted at the
 * end.
 */
import type { AnswerPart, JsonObject, ReasoningPart, StreamDelta, ToolCallPart } from '../../model-call/index.ts';
import { recordOf } from '../../model-call/index.ts';
import { jsonTextOf, type OutputReading } from './output-reading.ts';
import { beginsAsJson } from './structured-output.ts';
import { ThinkingTags } from './thinking-tags.ts';

type TextDraft = {
  readonly kind: 'text';
  index: number;
  text: string;
  citations?: readonly JsonObject[];
};
type ReasoningDraft = { readonly kind: 'reasoning'; index: number; text: string; opaque: JsonObject | undefined };
type CallDraft = {
  readonly kind: 'tool_call';
  index: number;
  readonly id: string;
  readonly name: string;
  arguments: string;
  opaque: JsonObject | undefined;
};
type Draft = TextDraft | ReasoningDraft | CallDraft;

const unnumbered = -1;

/** The id of thinking that was written between tags inside a text. */
const taggedThinking = '<think>';

export class BlockDraft {
  readonly #reading: OutputReading;
  readonly #parts: Draft[] = [];
  readonly #tags = new ThinkingTags();
  #lastText: TextDraft | undefined;
  /** Open blocks, by their id. */
  readonly #texts = new Map<string, TextDraft>();
  readonly #thoughts = new Map<string, ReasoningDraft>();
  readonly #calls = new Map<string, CallDraft | TextDraft>();
  /** The texts of an answer in JSON, one per block, and how their deltas are emitted. */
  readonly #jsonTexts: string[] = [];
  #json: 'undecided' | 'passing' | 'held' = 'undecided';
  #jsonPart: TextDraft | undefined;

  constructor(reading: OutputReading) {
    this.#reading = reading;
  }

  openText(id: string): void {
    this.#openText(id);
  }

  text(id: string, piece: string, out: StreamDelta[]): void {
    const part = this.#textOf(id);
    this.#lastText = part;
    if (this.#tags.isOver) this.#addText(part, piece, out);
    else this.#tags.read(piece, this.#pieces(part, out));
  }

  citation(id: string, citation: JsonObject, out: StreamDelta[]): void {
    if (this.#reading.isJson) return;
    const part = this.#textOf(id);
    this.#number(part);
    part.citations = [...(part.citations ?? []), citation];
    out.push({ type: 'citation_delta', index: part.index, citation });
  }

  /** Complete texts: no prefix of a possible tag is buffered. */
  closeText(out: StreamDelta[]): void {
    if (this.#lastText !== undefined && !this.#tags.isOver) this.#tags.end(this.#pieces(this.#lastText, out));
  }

  openReasoning(id: string): void {
    this.#thoughts.set(id, { kind: 'reasoning', index: unnumbered, text: '', opaque: undefined });
  }

  reasoning(id: string, piece: string, opaque: JsonObject | undefined, out: StreamDelta[]): void {
    if (!this.#thoughts.has(id)) this.openReasoning(id);
    const part = this.#thoughts.get(id);
    if (part === undefined || (piece === '' && opaque === undefined)) return;
    this.#number(part);
    part.text += piece;
    part.opaque = joined(part.opaque, opaque);
    out.push({
      type: 'reasoning_delta',
      index: part.index,
      text: piece,
      ...(opaque === undefined ? {} : { opaque }),
    });
  }

  openCall(id: string, name: string, opaque: JsonObject | undefined, out: StreamDelta[]): void {
    this.#openCall(id, name, opaque, out);
  }

  arguments(id: string, piece: string, out: StreamDelta[]): void {
    const call = this.#calls.get(id);
    if (call === undefined || piece === '') return;
    if (call.kind === 'text') {
      if (this.#reading.isJson) call.text += piece;
      this.#addText(call, piece, out);
      return;
    }
    call.arguments += piece;
    out.push({ type: 'tool_call_delta', index: call.index, arguments: piece });
  }

  /** The complete call: adds the arguments that were not streamed, and the opaque data. */
  closeCall(id: string, name: string, input: string, opaque: JsonObject | undefined, out: StreamDelta[]): void {
    const call = this.#calls.get(id) ?? this.#openCall(id, name, opaque, out);
    const isEmpty = call.kind === 'tool_call' ? call.arguments === '' : call.text === '';
    if (isEmpty) this.arguments(id, input.trim() === '' || input === 'null' ? '{}' : input, out);
    if (call.kind === 'tool_call') call.opaque = joined(call.opaque, opaque);
  }

  /** Emits the deltas that were buffered until the end of the answer. */
  end(out: StreamDelta[]): void {
    this.closeText(out);
    const part = this.#jsonPart;
    if (part === undefined || this.#json === 'passing') return;
    part.text = jsonTextOf(this.#jsonTexts, this.#reading);
    out.push({ type: 'text_delta', index: part.index, text: part.text });
  }

  content(): readonly AnswerPart[] {
    return this.#parts.map((part): AnswerPart => {
      if (part.kind === 'text') {
        const { text, citations } = part;
        return citations === undefined ? { type: 'text', text } : { type: 'text', text, citations };
      }
      if (part.kind === 'reasoning') return reasoningPart(part.text, part.opaque);
      return toolCallPart(part.id, part.name, part.arguments, part.opaque);
    });
  }

  get hasToolCalls(): boolean {
    return this.#parts.some(({ kind }) => kind === 'tool_call');
  }

  /** Everything the model wrote so far, for estimates. */
  get writtenText(): string {
    let text = this.#json === 'passing' ? '' : this.#jsonTexts.join('');
    for (const part of this.#parts) text += part.kind === 'tool_call' ? `${part.name}${part.arguments}` : part.text;
    return text;
  }

  #number(part: Draft): void {
    if (part.index !== unnumbered) return;
    part.index = this.#parts.push(part) - 1;
  }

  #openText(id: string): TextDraft {
    const opened: TextDraft = { kind: 'text', index: unnumbered, text: '' };
    this.#texts.set(id, opened);
    if (this.#reading.isJson) this.#jsonTexts.push('');
    return opened;
  }

  #textOf(id: string): TextDraft {
    return this.#texts.get(id) ?? this.#openText(id);
  }

  #openCall(id: string, name: string, opaque: JsonObject | undefined, out: StreamDelta[]): CallDraft | TextDraft {
    if (name === this.#reading.answerTool) {
      const text = this.#openText(`call ${id}`);
      this.#calls.set(id, text);
      return text;
    }
    const call: CallDraft = { kind: 'tool_call', index: unnumbered, id, name, arguments: '', opaque };
    this.#number(call);
    this.#calls.set(id, call);
    out.push({ type: 'tool_call_start', index: call.index, id, name, ...(opaque === undefined ? {} : { opaque }) });
    return call;
  }

  #pieces(part: TextDraft, out: StreamDelta[]) {
    return {
      text: (piece: string) => this.#addText(part, piece, out),
      reasoning: (piece: string) => this.reasoning(taggedThinking, piece, undefined, out),
    };
  }

  #addText(part: TextDraft, piece: string, out: StreamDelta[]): void {
    if (piece === '') return;
    if (this.#reading.isJson) {
      this.#addJson(piece, out);
      return;
    }
    this.#number(part);
    part.text += piece;
    out.push({ type: 'text_delta', index: part.index, text: piece });
  }

  #addJson(piece: string, out: StreamDelta[]): void {
    if (this.#jsonTexts.length === 0) this.#jsonTexts.push('');
    this.#jsonTexts[this.#jsonTexts.length - 1] += piece;
    if (this.#jsonPart === undefined) {
      this.#jsonPart = { kind: 'text', index: unnumbered, text: '' };
      this.#number(this.#jsonPart);
    }
    const part = this.#jsonPart;
    if (this.#json === 'passing') {
      part.text += piece;
      out.push({ type: 'text_delta', index: part.index, text: piece });
      return;
    }
    if (this.#json === 'held') return;
    const begun = this.#jsonTexts.join('');
    if (begun.trim() === '') return;
    if (this.#reading.streamsAsIs && beginsAsJson(begun)) {
      this.#json = 'passing';
      part.text = begun;
      out.push({ type: 'text_delta', index: part.index, text: begun });
    } else {
      this.#json = 'held';
    }
  }
}

function joined(before: JsonObject | undefined, later: JsonObject | undefined): JsonObject | undefined {
  if (later === undefined) return before;
  const both: Record<string, unknown> = { ...before };
  for (const [name, fields] of Object.entries(later)) both[name] = { ...recordOf(both[name]), ...recordOf(fields) };
  return both;
}

export function reasoningPart(text: string, opaque: ReasoningPart['opaque']): ReasoningPart {
  return { type: 'reasoning', text, ...(opaque === undefined ? {} : { opaque }) };
}

export function toolCallPart(id: string, name: string, input: string, opaque: ToolCallPart['opaque']): ToolCallPart {
  const json = input.trim() === '' || input === 'null' ? '{}' : input;
  return { type: 'tool_call', id, name, arguments: json, ...(opaque === undefined ? {} : { opaque }) };
}
