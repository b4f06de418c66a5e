/**
 * How the JSON text is read out of an answer that comes in several texts: models write prose before it and fences around
 * it, and a schema that is no object was wrapped in one.
 */
import type { JsonSchema, ModelRequest, ToolChoice } from '../../model-call/index.ts';
import { parseJson } from '../../model-call/index.ts';
import { beginsAsJson, withoutCodeFence } from './structured-output.ts';

export interface OutputReading {
  readonly isJson: boolean;
  /** The name of the tool whose arguments are the answer. */
  readonly answerTool: string | undefined;
  /** Whether deltas of an answer that begins like JSON are the answer as it is; where not, they wait for its end. */
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
 * The JSON text among an answer's texts, in order. Models may write prose before they call the tool that holds the
 * answer: the last text that is JSON by itself wins then.
 */
export function jsonTextOf(texts: readonly string[], reading: OutputReading): string {
  const whole = texts.join('');
  if (texts.length > 1 && parseJson(whole) === undefined) {
    const last = texts.findLast((text) => beginsAsJson(text) && parseJson(text) !== undefined);
    if (last !== undefined) return reading.unwrap(last);
  }
  return reading.unwrap(withoutCodeFence(whole));
}

/** With the answer's tool beside the client's own, the model must call one of them. */
export function choiceWithAnswerTool(
  answerTool: string | undefined,
  choice: ToolChoice | undefined,
  hasTools: boolean,
): ToolChoice | undefined {
  if (answerTool === undefined) return choice;
  return hasTools && choice !== 'none' ? 'required' : { name: answerTool };
}

/** What the system message says of the form of the answer. */
export function jsonInstruction(schema: JsonSchema | undefined): string {
  const instruction = 'Answer with JSON only, without prose and code fences.';
  if (schema === undefined) return `${instruction} It must be a JSON object.`;
  return `${instruction} It must fit this JSON schema:\n${JSON.stringify(schema)}`;
}

/** In the first system message where there is one, as some models take only one. */
export function withInstruction(messages: ModelRequest['messages'], instruction: string): ModelRequest['messages'] {
  const [first, ...others] = messages;
  if (first?.role !== 'system') return [{ role: 'system', content: instruction }, ...messages];
  return [{ ...first, content: `${first.content}\n\n${instruction}` }, ...others];
}

/** A name that none of the client's tools has. */
export function unusedToolName(name: string, { tools = [] }: ModelRequest): string {
  let unused = name;
  while (tools.some((tool) => tool.name === unused)) unused = `${unused}_answer`;
  return unused;
}
