/**
 * How JSON is asked for through the AI SDK, and how the JSON text is found in what comes back: packages put prose before
 * it, models put fences around it, and a schema that is no object was wrapped in one.
 */
import type { LanguageModelV4CallOptions, LanguageModelV4FunctionTool } from '@ai-sdk/provider';
import { unreachable } from '../../../lib/index.ts';
import type { JsonSchema, ModelRequest, ProviderCall, ToolChoice } from '../../model-call/index.ts';
import { parseJson } from '../../model-call/index.ts';
import { beginsAsJson, objectRoot, withoutCodeFence } from '../../wires/shared/index.ts';
import type { AiSdkPackageFacts } from './package-flavour.ts';

export interface OutputWording {
  readonly responseFormat?: LanguageModelV4CallOptions['responseFormat'];
  /** What the system says of the form of the answer. */
  readonly words?: string;
  /** The tool whose arguments are the answer. */
  readonly answerTool?: LanguageModelV4FunctionTool;
  readonly reading: OutputReading;
}

/** How the answer's text is read. */
export interface OutputReading {
  readonly isJson: boolean;
  /** The name of the tool whose arguments are the answer. */
  readonly answerTool: string | undefined;
  /** Whether deltas of an answer that begins like JSON are the answer as it is; where not, they wait for its end. */
  readonly streamsAsIs: boolean;
  unwrap(text: string): string;
}

const plainText: OutputReading = { isJson: false, answerTool: undefined, streamsAsIs: true, unwrap: (text) => text };

export function wordOutput(
  request: ModelRequest,
  structured: ProviderCall['structured'],
  facts: AiSdkPackageFacts,
): OutputWording {
  const { output } = request;
  if (output.kind === 'text') return { reading: plainText };
  const { name } = output;
  const schema = output.schema ?? (structured === 'tool' ? { type: 'object' } : undefined);
  const description = output.description === undefined ? {} : { description: output.description };
  if (schema === undefined) {
    return {
      words: jsonWords(undefined),
      ...(structured !== 'prompt' && facts.schemalessJson ? { responseFormat: { type: 'json' } } : {}),
      reading: { isJson: true, answerTool: undefined, streamsAsIs: true, unwrap: (text) => text },
    };
  }
  const asked = objectRoot(schema);
  const reading: OutputReading = {
    isJson: true,
    answerTool: undefined,
    streamsAsIs: !asked.isWrapped,
    unwrap: asked.unwrap,
  };
  switch (structured) {
    case 'json_schema':
      return {
        responseFormat: { type: 'json', schema: { ...asked.schema }, name: name.slice(0, 64), ...description },
        reading,
      };
    case 'tool': {
      const toolName = freeName(name.slice(0, 50), request);
      return {
        // A tool that the client insists on leaves no room for another.
        ...(typeof request.toolChoice === 'object'
          ? { words: jsonWords(asked.schema) }
          : {
              answerTool: {
                type: 'function',
                name: toolName,
                description: output.description ?? 'Gives the answer.',
                inputSchema: { ...asked.schema },
              },
            }),
        reading: { ...reading, answerTool: toolName },
      };
    }
    case 'json_object':
      return {
        words: jsonWords(asked.schema),
        ...(facts.schemalessJson ? { responseFormat: { type: 'json' } } : {}),
        reading,
      };
    case 'prompt':
      return { words: jsonWords(schema), reading: { ...reading, streamsAsIs: true, unwrap: (text) => text } };
    default:
      return unreachable(structured);
  }
}

/** With the answer's tool beside the client's own, the model must call one of them. */
export function toolChoiceWith(answerTool: string | undefined, choice: ToolChoice | undefined, hasTools: boolean) {
  if (answerTool !== undefined) {
    return hasTools && choice !== 'none'
      ? { type: 'required' as const }
      : { type: 'tool' as const, toolName: answerTool };
  }
  if (choice === undefined) return undefined;
  return typeof choice === 'string' ? { type: choice } : { type: 'tool' as const, toolName: choice.name };
}

/**
 * The JSON text among an answer's texts, in order. Some packages give what the model said before it called the tool
 * that holds the answer: the last text that is JSON by itself wins then.
 */
export function jsonTextOf(texts: readonly string[], reading: OutputReading): string {
  const whole = texts.join('');
  if (texts.length > 1 && parseJson(whole) === undefined) {
    const last = texts.findLast((text) => beginsAsJson(text) && parseJson(text) !== undefined);
    if (last !== undefined) return reading.unwrap(last);
  }
  return reading.unwrap(withoutCodeFence(whole));
}

function jsonWords(schema: JsonSchema | undefined): string {
  const words = 'Answer with JSON only, without prose and code fences.';
  if (schema === undefined) return `${words} It must be a JSON object.`;
  return `${words} It must fit this JSON schema:\n${JSON.stringify(schema)}`;
}

function freeName(wanted: string, { tools = [] }: ModelRequest): string {
  let name = wanted;
  while (tools.some((tool) => tool.name === name)) name = `${name}_answer`;
  return name;
}
