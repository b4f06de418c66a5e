/**
 * Requests JSON on the OpenAI wires, by the means that a target supports, and extracts the JSON text from its answer:
 * natively by a schema, in JSON mode, by a forced function call, or by an instruction. The caller validates the JSON.
 */
import { unreachable } from '../../../lib/index.ts';
import type { JsonSchema, Message, ModelRequest, OutputForm, ProviderCall } from '../../model-call/index.ts';
import { objectRoot, strictJsonSchema } from './strict-json-schema.ts';

/** How the JSON text is extracted from the model's output. */
export interface JsonReading {
  /** Whether the text can only be read once it is complete. */
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
  /** `undefined` for text output. */
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
      return {
        messages: withSchema(messages, output.schema),
        format: undefined,
        tool: undefined,
        reading: unchangedReading,
      };
    default:
      return unreachable(structured);
  }
}

/**
 * The JSON text in a model's output: unchanged if it begins as JSON, else extracted from the code fence that some
 * models put around it. Text that is not JSON is returned for the caller to validate.
 */
export function readJsonText(text: string, reading: JsonReading): string {
  return reading.unwrap(withoutCodeFence(text));
}

/** Whether a text with this beginning is JSON, without a fence or prose around it. */
export function beginsAsJson(text: string): boolean {
  const first = text.trimStart().charCodeAt(0);
  return first === 123 || first === 91;
}

/** Removes the code fence that some models put around JSON. */
export function withoutCodeFence(text: string): string {
  // A fence inside a JSON string is part of the answer.
  if (beginsAsJson(text)) return text;
  const fenced = /```(?:json)?[ \t]*\n([\s\S]*?)```/i.exec(text);
  return (fenced?.[1] ?? text).trim();
}

const unchangedReading: JsonReading = { isWrapped: false, answerTool: undefined, unwrap: (text) => text };

function anyObject(
  messages: readonly Message[],
  output: OutputForm & { readonly kind: 'json' },
  structured: ProviderCall['structured'],
): StructuredOutput {
  if (structured === 'tool') {
    const name = output.name.slice(0, 64);
    const tool = { name, description: output.description ?? 'Gives the answer.', parameters: { type: 'object' } };
    return { messages, format: undefined, tool, reading: { ...unchangedReading, answerTool: name } };
  }
  const format = structured === 'prompt' ? undefined : 'json_object';
  return { messages: withSchema(messages, undefined), format, tool: undefined, reading: unchangedReading };
}

/** The schema as an instruction; in the first system message if there is one, as some models only accept one. */
function withSchema(messages: readonly Message[], schema: JsonSchema | undefined): readonly Message[] {
  const words =
    schema === undefined
      ? 'Answer with one JSON object only, without prose and code fences.'
      : `Answer with JSON only, without prose and code fences. It must fit this JSON schema:\n${JSON.stringify(schema)}`;
  const [first, ...laterMessages] = messages;
  if (first?.role !== 'system') return [{ role: 'system', content: words }, ...messages];
  return [{ role: 'system', content: `${first.content}\n\n${words}` }, ...laterMessages];
}
