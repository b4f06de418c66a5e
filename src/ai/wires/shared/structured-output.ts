/**
 * How JSON is asked for on the OpenAI wires, by the means a target has, and how the JSON text is found in its answer:
 * natively by a schema, in JSON mode, by a forced function call, or in words. Judging the JSON is the caller's.
 */
import { unreachable } from '../../../lib/index.ts';
import type { JsonSchema, Message, ModelRequest, OutputForm, ProviderCall } from '../../model-call/index.ts';
import { objectRoot, strictJsonSchema } from './strict-json-schema.ts';

/** How the JSON text is read out of what the model wrote. */
export interface JsonReading {
  /** Whether the text can be read only once it is whole. */
  readonly isWrapped: boolean;
  /** The function whose arguments are the answer. */
  readonly answerTool: string | undefined;
  unwrap(text: string): string;
}

export interface AnswerFormat {
  readonly name: string;
  readonly description: string | undefined;
  readonly schema: JsonSchema;
  readonly strict: boolean;
}

export interface AnswerTool {
  readonly name: string;
  readonly description: string;
  readonly parameters: JsonSchema;
}

export interface StructuredOutput {
  readonly messages: readonly Message[];
  readonly format: AnswerFormat | 'json_object' | undefined;
  readonly tool: AnswerTool | undefined;
  /** `undefined`: text was asked for. */
  readonly reading: JsonReading | undefined;
}

export function structuredOutputOf(request: ModelRequest, structured: ProviderCall['structured']): StructuredOutput {
  const { messages, output } = request;
  if (output.kind === 'text') return { messages, format: undefined, tool: undefined, reading: undefined };
  if (output.schema === undefined) return anyObject(messages, output, structured);
  const name = output.name.slice(0, 64);
  const { description } = output;
  switch (structured) {
    case 'json_schema': {
      const { schema, isStrict, isWrapped, unwrap } = strictJsonSchema(output.schema);
      const format = { name, description, schema, strict: isStrict };
      return { messages, format, tool: undefined, reading: { isWrapped, unwrap, answerTool: undefined } };
    }
    case 'json_object': {
      const { schema, isWrapped, unwrap } = objectRoot(output.schema);
      const reading = { isWrapped, unwrap, answerTool: undefined };
      return { messages: withSchema(messages, schema), format: 'json_object', tool: undefined, reading };
    }
    case 'tool': {
      const { schema: parameters, isWrapped, unwrap } = strictJsonSchema(output.schema);
      const tool = { name, description: description ?? 'Gives the answer.', parameters };
      return { messages, format: undefined, tool, reading: { isWrapped, unwrap, answerTool: name } };
    }
    case 'prompt':
      return { messages: withSchema(messages, output.schema), format: undefined, tool: undefined, reading: asWritten };
    default:
      return unreachable(structured);
  }
}

/**
 * The JSON text in what a model wrote: as it is where it begins like JSON, else out of the code fence some models put
 * around it. What is no JSON is handed on for the caller to judge.
 */
export function readJsonText(text: string, reading: JsonReading): string {
  return reading.unwrap(withoutCodeFence(text));
}

/** Whether text that begins so is JSON already, without a fence or words around it. */
export function beginsAsJson(text: string): boolean {
  const first = text.trimStart().charCodeAt(0);
  return first === 123 || first === 91;
}

/** Takes JSON out of the code fence some models put around it. */
export function withoutCodeFence(text: string): string {
  // A fence inside a JSON string is the answer's own.
  if (beginsAsJson(text)) return text;
  const fenced = /```(?:json)?[ \t]*\n([\s\S]*?)```/i.exec(text);
  return (fenced?.[1] ?? text).trim();
}

const asWritten: JsonReading = { isWrapped: false, answerTool: undefined, unwrap: (text) => text };

function anyObject(
  messages: readonly Message[],
  output: OutputForm & { readonly kind: 'json' },
  structured: ProviderCall['structured'],
): StructuredOutput {
  if (structured === 'tool') {
    const name = output.name.slice(0, 64);
    const tool = { name, description: output.description ?? 'Gives the answer.', parameters: { type: 'object' } };
    return { messages, format: undefined, tool, reading: { ...asWritten, answerTool: name } };
  }
  const format = structured === 'prompt' ? undefined : 'json_object';
  return { messages: withSchema(messages, undefined), format, tool: undefined, reading: asWritten };
}

/** The schema in the system's words; in the first system message where there is one, as some models take only one. */
function withSchema(messages: readonly Message[], schema: JsonSchema | undefined): readonly Message[] {
  const words =
    schema === undefined
      ? 'Answer with one JSON object only, without prose and code fences.'
      : `Answer with JSON only, without prose and code fences. It must fit this JSON schema:\n${JSON.stringify(schema)}`;
  const [first, ...laterMessages] = messages;
  if (first?.role !== 'system') return [{ role: 'system', content: words }, ...messages];
  return [{ role: 'system', content: `${first.content}\n\n${words}` }, ...laterMessages];
}
