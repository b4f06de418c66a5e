/**
 * Requests JSON output on Anthropic's wire: by `output_config.format` if the model and the API support the schema, else
 * by a tool whose arguments are the answer, or by an instruction.
 */
import { unreachable } from '../../../lib/index.ts';
import type { JsonSchema, ModelRequest, ProviderCall } from '../../model-call/index.ts';
import type { OutputReading } from '../shared/index.ts';
import { type AnswerTool, jsonInstruction, objectRoot, plainJson, plainText, unusedToolName } from '../shared/index.ts';
import { fitsOutputFormat, outputFormatSchema } from './messages-json-schema.ts';

export interface MessagesOutput {
  readonly reading: OutputReading;
  /** The instruction about the form of the answer, for the system message. */
  readonly instruction?: string;
  /** The schema of `output_config.format`. */
  readonly format?: JsonSchema;
  /** The name of the tool whose arguments are the answer. */
  readonly answerTool?: AnswerTool;
  /** Whether the model must call the answer tool, or one of the tools that the request allows. */
  readonly isSingleCall?: true;
}

export function messagesOutput(
  request: ModelRequest,
  structured: ProviderCall['structured'],
  takesFormat: boolean,
): MessagesOutput {
  const { output } = request;
  if (output.kind === 'text') return { reading: plainText };
  const schema = output.schema ?? (structured === 'tool' ? { type: 'object' } : undefined);
  if (schema === undefined) return { instruction: jsonInstruction(undefined), reading: plainJson };
  const root = objectRoot(schema);
  const reading: OutputReading = { ...plainJson, streamsAsIs: !root.isWrapped, unwrap: root.unwrap };
  switch (structured) {
    case 'json_schema': {
      if (takesFormat && fitsOutputFormat(root.schema)) return { format: outputFormatSchema(root.schema), reading };
      const name = unusedToolName('json', request);
      const answerTool = { name, description: 'Respond with a JSON object.', parameters: root.schema };
      return { answerTool, isSingleCall: true, reading: { ...reading, answerTool: name } };
    }
    case 'tool': {
      const name = unusedToolName(output.name.slice(0, 50), request);
      // A tool that the client forces excludes another one.
      if (typeof request.toolChoice === 'object') {
        return { instruction: jsonInstruction(root.schema), reading: { ...reading, answerTool: name } };
      }
      const description = output.description ?? 'Gives the answer.';
      return {
        answerTool: { name, description, parameters: root.schema },
        reading: { ...reading, answerTool: name },
      };
    }
    case 'json_object':
      return { instruction: jsonInstruction(root.schema), reading };
    case 'prompt':
      return { instruction: jsonInstruction(schema), reading: plainJson };
    default:
      return unreachable(structured);
  }
}
