/**
 * Extracts the JSON text from an answer with several texts: models write prose before it and fences around it, and a
 * schema that is not an object was wrapped in one.
 */
import type { JsonSchema, ModelRequest, ToolChoice } from '../../model-call/index.ts';
import { parseJson } from '../../model-call/index.ts';
import { beginsAsJson, withoutCodeFence } from './structured-output.ts';

export interface OutputReading {
  readonly isJson: boolean;
  /** The name of the tool whose arguments are the answer. */
  readonly answerTool: string | undefined;
  /**
   * Whether deltas of an answer that begins as JSON are emitted as they arrive; otherwise they are buffered until its
   * end.
   */
  readonly streamsAsIs: boolean;
  unwrap(text: string): string;
}

export const plainText: OutputReading = {
  isJson: false,
  answerTool: undefined,
  streamsAsIs: true,
  unwrap: (text) => text,
};

/** JSON that is read as the model wrote it. */
export const plainJson: OutputReading = { ...plainText, isJson: true };

/**
 * The JSON text among an answer's texts, in order. Models may write prose before they call the answer tool: then the
 * last text that is JSON is used.
 */
export function jsonTextOf(texts: readonly string[], reading: OutputReading): string {
  const whole = texts.join('');
  if (texts.length > 1 && parseJson(whole) === undefined) {
    const last = texts.findLast((text) => beginsAsJson(text) && parseJson(text) !== undefined);
    if (last !== undefined) return reading.unwrap(last);
  }
  return reading.unwrap(withoutCodeFence(whole));
}

/** With the answer tool beside the client's own tools, the model must call one of them. */
export function choiceWithAnswerTool(
  answerTool: string | undefined,
  choice: ToolChoice | undefined,
  hasTools: boolean,
): ToolChoice | undefined {
  if (answerTool === undefined) return choice;
  return hasTools && choice !== 'none' ? 'required' : { name: answerTool };
}

/** The instruction about the form of the answer, for the system message. */
export function jsonInstruction(schema: JsonSchema | undefined): string {
  const instruction = 'Answer with JSON only, without prose and code fences.';
  if (schema === undefined) return `${instruction} It must be a JSON object.`;
  return `${instruction} It must fit this JSON schema:\n${JSON.stringify(schema)}`;
}

/** In the first system message if there is one, as some models only accept one. */
export function withInstruction(messages: ModelRequest['messages'], instruction: string): ModelRequest['messages'] {
  const [first, ...others] = messages;
  if (first?.role !== 'system') return [{ role: 'system', content: instruction }, ...messages];
  return [{ ...first, content: `${first.content}\n\n${instruction}` }, ...others];
}

/** A name that differs from the client's tools. */
export function unusedToolName(name: string, { tools = [] }: ModelRequest): string {
  let unused = name;
  while (tools.some((tool) => tool.name === unused)) unused = `${unused}_answer`;
  return unused;
}
