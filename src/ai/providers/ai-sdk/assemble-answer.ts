/**
 * Turns the parts of an AI SDK stream into the one form's deltas and puts the answer together from them, so that the
 * answer is what the deltas said.
 *
 * A part is numbered when it first says something: empty ones are in neither. JSON passes as it comes where it begins
 * as JSON; where it has to be unwrapped, or prose or a fence comes before it, its one delta comes at the end.
 */
import type { LanguageModelV4StreamPart } from '@ai-sdk/provider';
import type { AnswerPart, JsonObject, StreamDelta } from '../../model-call/index.ts';
import { isRecord, recordOf } from '../../model-call/index.ts';
import { beginsAsJson, ThinkingTags } from '../../wires/shared/index.ts';
import { jsonTextOf, type OutputReading } from './json-output.ts';
import { joinedOpaque } from './opaque-options.ts';
import { reasoningPart, toolCallPart } from './read-answer.ts';

type Assembled =
  | { readonly kind: 'text'; index: number; text: string; citations?: readonly JsonObject[] }
  | { readonly kind: 'reasoning'; index: number; text: string; opaque: JsonObject | undefined }
  | {
      readonly kind: 'tool_call';
      index: number;
      readonly id: string;
      readonly name: string;
      arguments: string;
      opaque: JsonObject | undefined;
    };

const unnumbered = -1;

export class AiSdkAssembly {
  readonly #reading: OutputReading;
  readonly #parts: Assembled[] = [];
  readonly #tags = new ThinkingTags();
  #lastText: Assembled | undefined;
  /** What deltas of the stream belong to, by kind and the package's id. */
  readonly #open = new Map<string, Assembled>();
  /** The texts an answer of JSON is made of, one a block, and what becomes of their deltas. */
  readonly #jsonTexts: string[] = [];
  #json: 'undecided' | 'passing' | 'held' = 'undecided';
  #jsonPart: Extract<Assembled, { kind: 'text' }> | undefined;

  constructor(reading: OutputReading) {
    this.#reading = reading;
  }

  /** Adds a part of the stream; what it says is pushed to `deltas`. Parts without a place in the one form say nothing. */
  take(part: LanguageModelV4StreamPart, deltas: StreamDelta[]): void {
    switch (part.type) {
      case 'text-start':
        this.#openText(part.id);
        break;
      case 'text-delta':
        this.#lastText = this.#textOf(part.id);
        this.#addBlockText(this.#lastText, part.delta, deltas);
        if (part.providerMetadata !== undefined) this.#addCitation(this.#lastText, part.providerMetadata, deltas);
        break;
      case 'reasoning-start':
      case 'reasoning-delta':
      case 'reasoning-end':
        this.#addReasoning(part, deltas);
        break;
      case 'tool-input-start':
        if (part.providerExecuted !== true) this.#openCall(part.id, part.toolName, deltas, part.providerMetadata);
        break;
      case 'tool-input-delta':
        this.#addArguments(part.id, part.delta, deltas);
        break;
      case 'tool-call':
        if (part.providerExecuted !== true) this.#closeCall(part, deltas);
        break;
    }
  }

  /** What waited for the end of the answer. */
  end(deltas: StreamDelta[]): void {
    if (this.#lastText !== undefined && !this.#tags.isOver) this.#tags.end(this.#told(this.#lastText, deltas));
    const part = this.#jsonPart;
    if (part === undefined || this.#json === 'passing') return;
    part.text = jsonTextOf(this.#jsonTexts, this.#reading);
    deltas.push({ type: 'text_delta', index: part.index, text: part.text });
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
  get written(): string {
    let text = this.#json === 'passing' ? '' : this.#jsonTexts.join('');
    for (const part of this.#parts) text += part.kind === 'tool_call' ? `${part.name}${part.arguments}` : part.text;
    return text;
  }

  #number(part: Assembled): void {
    if (part.index !== unnumbered) return;
    part.index = this.#parts.push(part) - 1;
  }

  #openText(id: string): Assembled {
    const opened: Assembled = { kind: 'text', index: unnumbered, text: '' };
    this.#open.set(`text ${id}`, opened);
    if (this.#reading.isJson) this.#jsonTexts.push('');
    return opened;
  }

  #textOf(id: string): Assembled {
    return this.#open.get(`text ${id}`) ?? this.#openText(id);
  }

  /** The text of a block, without what of it is thinking between tags. */
  #addBlockText(part: Assembled, text: string, deltas: StreamDelta[]): void {
    if (this.#tags.isOver) this.#addText(part, text, deltas);
    else this.#tags.read(text, this.#told(part, deltas));
  }

  #told(part: Assembled, deltas: StreamDelta[]) {
    return {
      text: (text: string) => this.#addText(part, text, deltas),
      reasoning: (delta: string) => this.#addReasoning({ type: 'reasoning-delta', id: '<think>', delta }, deltas),
    };
  }

  #addCitation(part: Assembled, metadata: unknown, deltas: StreamDelta[]): void {
    const { citation } = recordOf(recordOf(metadata).anthropic);
    if (part.kind !== 'text' || this.#reading.isJson || !isRecord(citation)) return;
    this.#number(part);
    part.citations = [...(part.citations ?? []), citation];
    deltas.push({ type: 'citation_delta', index: part.index, citation });
  }

  #addText(part: Assembled, text: string, deltas: StreamDelta[]): void {
    if (text === '') return;
    if (this.#reading.isJson) {
      this.#addJson(text, deltas);
      return;
    }
    if (part.kind !== 'text') return;
    this.#number(part);
    part.text += text;
    deltas.push({ type: 'text_delta', index: part.index, text });
  }

  #addJson(text: string, deltas: StreamDelta[]): void {
    if (this.#jsonTexts.length === 0) this.#jsonTexts.push('');
    this.#jsonTexts[this.#jsonTexts.length - 1] += text;
    if (this.#jsonPart === undefined) {
      this.#jsonPart = { kind: 'text', index: unnumbered, text: '' };
      this.#number(this.#jsonPart);
    }
    const part = this.#jsonPart;
    if (this.#json === 'passing') {
      part.text += text;
      deltas.push({ type: 'text_delta', index: part.index, text });
      return;
    }
    if (this.#json === 'held') return;
    const begun = this.#jsonTexts.join('');
    if (begun.trim() === '') return;
    if (this.#reading.streamsAsIs && beginsAsJson(begun)) {
      this.#json = 'passing';
      part.text = begun;
      deltas.push({ type: 'text_delta', index: part.index, text: begun });
    } else {
      this.#json = 'held';
    }
  }

  #addReasoning(
    part: Extract<LanguageModelV4StreamPart, { type: 'reasoning-start' | 'reasoning-delta' | 'reasoning-end' }>,
    deltas: StreamDelta[],
  ): void {
    const key = `reasoning ${part.id}`;
    let open = part.type === 'reasoning-start' ? undefined : this.#open.get(key);
    if (open === undefined) {
      open = { kind: 'reasoning', index: unnumbered, text: '', opaque: undefined };
      this.#open.set(key, open);
    }
    if (open.kind !== 'reasoning') return;
    const text = part.type === 'reasoning-delta' ? part.delta : '';
    const opaque = joinedOpaque(undefined, part.providerMetadata);
    if (text === '' && opaque === undefined) return;
    this.#number(open);
    open.text += text;
    open.opaque = joinedOpaque(open.opaque, opaque);
    deltas.push({ type: 'reasoning_delta', index: open.index, text, ...(opaque === undefined ? {} : { opaque }) });
  }

  #openCall(id: string, name: string, deltas: StreamDelta[], metadata: unknown): Assembled {
    if (name === this.#reading.answerTool) {
      const text = this.#openText(id);
      this.#open.set(`call ${id}`, text);
      return text;
    }
    const opaque = joinedOpaque(undefined, metadata);
    const call: Assembled = { kind: 'tool_call', index: unnumbered, id, name, arguments: '', opaque };
    this.#number(call);
    this.#open.set(`call ${id}`, call);
    deltas.push({ type: 'tool_call_start', index: call.index, id, name, ...(opaque === undefined ? {} : { opaque }) });
    return call;
  }

  #addArguments(id: string, text: string, deltas: StreamDelta[]): void {
    const call = this.#open.get(`call ${id}`);
    if (call === undefined || text === '') return;
    if (call.kind !== 'tool_call') {
      call.text += call.kind === 'text' && this.#reading.isJson ? text : '';
      this.#addText(call, text, deltas);
      return;
    }
    call.arguments += text;
    deltas.push({ type: 'tool_call_delta', index: call.index, arguments: text });
  }

  /** The whole call: what was not streamed of it is added, and what the provider wants back with it kept. */
  #closeCall(part: Extract<LanguageModelV4StreamPart, { type: 'tool-call' }>, deltas: StreamDelta[]): void {
    const { toolCallId, toolName, providerMetadata } = part;
    const call = this.#open.get(`call ${toolCallId}`) ?? this.#openCall(toolCallId, toolName, deltas, providerMetadata);
    const isEmpty = call.kind === 'tool_call' ? call.arguments === '' : call.kind === 'text' && call.text === '';
    if (isEmpty) {
      const whole = part.input.trim() === '' || part.input === 'null' ? '{}' : part.input;
      this.#addArguments(part.toolCallId, whole, deltas);
    }
    if (call.kind === 'tool_call') call.opaque = joinedOpaque(call.opaque, part.providerMetadata);
  }
}
