/**
 * Requests JSON output through the AI SDK, and extracts the JSON text from the answer: packages put prose before it,
 * models put code fences around it, and a schema that is not an object was wrapped in one.
 */
import type { LanguageModelV4CallOptions, LanguageModelV4FunctionTool } from '@ai-sdk/provider';
import { unreachable } from '../../../lib/index.ts';
import type { ModelRequest, ProviderCall, ToolChoice } from '../../model-call/index.ts';
import {
  choiceWithAnswerTool,
  jsonInstruction,
  type OutputReading,
  objectRoot,
  plainJson,
  plainText,
  unusedToolName,
} from '../../wires/shared/index.ts';
import type { AiSdkPackageFacts } from './package-dialect.ts';

export interface OutputWording {
  readonly responseFormat?: LanguageModelV4CallOptions['responseFormat'];
  /** The instruction about the form of the answer, for the system message. */
  readonly words?: string;
  /** The name of the tool whose arguments are the answer. */
  readonly answerTool?: LanguageModelV4FunctionTool;
  readonly reading: OutputReading;
}

export function requestJsonOutput(
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
      words: jsonInstruction(undefined),
      ...(structured !== 'prompt' && facts.schemalessJson ? { responseFormat: { type: 'json' } } : {}),
      reading: plainJson,
    };
  }
  const root = objectRoot(schema);
  const reading: OutputReading = { ...plainJson, streamsAsIs: !root.isWrapped, unwrap: root.unwrap };
  switch (structured) {
    case 'json_schema':
      return {
        responseFormat: { type: 'json', schema: { ...root.schema }, name: name.slice(0, 64), ...description },
        reading,
      };
    case 'tool': {
      const toolName = unusedToolName(name.slice(0, 50), request);
      return {
        // A tool that the client forces excludes another one.
        ...(typeof request.toolChoice === 'object'
          ? { words: jsonInstruction(root.schema) }
          : {
              answerTool: {
                type: 'function',
                name: toolName,
                description: output.description ?? 'Gives the answer.',
                inputSchema: { ...root.schema },
              },
            }),
        reading: { ...reading, answerTool: toolName },
      };
    }
    case 'json_object':
      return {
        words: jsonInstruction(root.schema),
        ...(facts.schemalessJson ? { responseFormat: { type: 'json' } } : {}),
        reading,
      };
    case 'prompt':
      return { words: jsonInstruction(schema), reading: plainJson };
    default:
      return unreachable(structured);
  }
}

/** With an answer tool beside the client's own tools, the model must call one of them. */
export function toolChoiceWith(answerTool: string | undefined, choice: ToolChoice | undefined, hasTools: boolean) {
  const joined = choiceWithAnswerTool(answerTool, choice, hasTools);
  if (joined === undefined) return undefined;
  return typeof joined === 'string' ? { type: joined } : { type: 'tool' as const, toolName: joined.name };
}
