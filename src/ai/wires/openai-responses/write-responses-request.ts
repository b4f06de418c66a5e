/**
 * Writes a request on OpenAI's responses wire. Nothing is stored by the provider (`store: false`): the conversation is
 * in the request, and reasoning that must be sent back is encrypted, in the parts of earlier answers.
 */
import { unreachable } from '../../../lib/index.ts';
import type {
  FilePart,
  ImagePart,
  JsonObject,
  Message,
  ModelRequest,
  ProviderCall,
  TextPart,
  ToolResultPart,
} from '../../model-call/index.ts';
import { textIn, unsupported } from '../../model-call/index.ts';
import {
  choiceWith,
  imageUrl,
  responsesFile,
  structuredOutputOf,
  type WrittenRequest,
  writeResultText,
} from '../shared/index.ts';

/** Settings without an equivalent on this wire. */
const unsupportedSettings = ['topK', 'seed', 'stop', 'frequencyPenalty', 'presencePenalty'] as const;

/** `provider` is the provider's name: reasoning of another provider cannot be decrypted and is not sent. */
export function writeResponsesRequest(
  provider: string,
  model: string,
  request: ModelRequest,
  structured: ProviderCall['structured'],
  streams: boolean,
): WrittenRequest {
  for (const field of unsupportedSettings) {
    const setting = request[field];
    if (setting !== undefined && !(Array.isArray(setting) && setting.length === 0)) throw unsupported(field);
  }
  if (request.reasoning?.budgetTokens !== undefined) throw unsupported('reasoning.budgetTokens');
  const { messages, format, tool, reading } = structuredOutputOf(request, structured);
  const input = messages.flatMap((message) => writeItems(message, provider));
  const body: Record<string, unknown> = { model, input, store: false };
  if (request.maxOutputTokens !== undefined) body.max_output_tokens = request.maxOutputTokens;
  if (request.temperature !== undefined) body.temperature = request.temperature;
  if (request.topP !== undefined) body.top_p = request.topP;
  if (request.reasoning?.effort !== undefined) body.reasoning = { effort: request.reasoning.effort };
  // Models without reasoning refuse the setting.
  const reasons = request.reasoning !== undefined && request.reasoning.effort !== 'none';
  if (reasons || input.some((item) => item.type === 'reasoning')) body.include = ['reasoning.encrypted_content'];
  if (request.parallelToolCalls !== undefined) body.parallel_tool_calls = request.parallelToolCalls;
  if (request.user !== undefined) body.user = request.user;
  if (format === 'json_object') body.text = { format: { type: 'json_object' } };
  else if (format !== undefined) body.text = { format: { type: 'json_schema', ...format } };
  const { tools = [], toolChoice } = request;
  if (tools.length > 0 || tool !== undefined) {
    // Unlike on the chat wire, tools are strict by default here.
    body.tools = [...tools, ...(tool === undefined ? [] : [tool])].map((entry) => ({
      type: 'function',
      ...entry,
      strict: 'strict' in entry && entry.strict === true,
    }));
  }
  const choice = choiceWith(tool, tools.length, toolChoice);
  if (choice !== undefined) {
    body.tool_choice = typeof choice === 'object' ? { type: 'function', name: choice.name } : choice;
  }
  if (streams) body.stream = true;
  return { body, reading };
}

function writeItems(message: Message, provider: string): readonly JsonObject[] {
  switch (message.role) {
    case 'system':
      return [{ role: 'system', content: message.content }];
    case 'user':
      return [{ role: 'user', content: message.content.map(writePart) }];
    case 'assistant':
      return message.content.flatMap((part): readonly JsonObject[] => {
        switch (part.type) {
          case 'text':
            return [{ role: 'assistant', content: part.text }];
          case 'reasoning':
            return writeReasoning(part.opaque, part.text, provider);
          case 'tool_call':
            return [{ type: 'function_call', call_id: part.id, name: part.name, arguments: part.arguments }];
          default:
            return unreachable(part);
        }
      });
    case 'tool':
      return message.content.map(writeResult);
    default:
      return unreachable(message);
  }
}

function writePart(part: TextPart | ImagePart | FilePart): JsonObject {
  switch (part.type) {
    case 'text':
      return { type: 'input_text', text: part.text };
    case 'image':
      return { type: 'input_image', image_url: imageUrl(part), detail: part.detail ?? 'auto' };
    case 'file':
      return responsesFile(part);
    default:
      return unreachable(part);
  }
}

function writeReasoning(opaque: JsonObject | undefined, text: string, provider: string): readonly JsonObject[] {
  const encrypted = textIn(opaque?.encrypted_content);
  if (opaque === undefined || encrypted === undefined || opaque.provider !== provider) return [];
  const summary = text === '' ? [] : [{ type: 'summary_text', text }];
  return [{ type: 'reasoning', id: opaque.id, summary, encrypted_content: encrypted }];
}

function writeResult({ callId, content, isError }: ToolResultPart): JsonObject {
  const isText = content.every(({ type }) => type === 'text');
  const prefix = isError === true ? [{ type: 'input_text', text: 'Error:' }] : [];
  const output = isText ? writeResultText(content, isError) : [...prefix, ...content.map(writePart)];
  return { type: 'function_call_output', call_id: callId, output };
}
