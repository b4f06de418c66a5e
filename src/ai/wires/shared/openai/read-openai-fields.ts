/** Reads the fields that the OpenAI wires share. */
import type {
  JsonSchema,
  ModelRequest,
  OutputForm,
  ReasoningEffort,
  ToolChoice,
  ToolDefinition,
} from '../../../model-call/index.ts';
import { InvalidField } from '../invalid-field.ts';
import { cacheOf } from '../read-cache-mark.ts';
import {
  asFields,
  type Fields,
  isFields,
  readArray,
  readBoolean,
  readInteger,
  readNumber,
  readObject,
  readOneOf,
  readStops,
  readString,
  requireName,
  requireObject,
} from '../read-fields.ts';
import { isAgentTool, readAgentTool } from './agent-tools.ts';
import { refuseHostedTool } from './sort-fields.ts';

export type Draft = { -readonly [Name in keyof ModelRequest]: ModelRequest[Name] };

/** The settings that the OpenAI wires have in common. */
export function readSampling(request: Draft, body: Fields): void {
  const temperature = readNumber(body, 'temperature', 0, 2);
  if (temperature !== undefined) request.temperature = temperature;
  const topP = readNumber(body, 'top_p', 0, 1);
  if (topP !== undefined) request.topP = topP;
  // Both allow all tokens, if they are supported.
  const topK = body.top_k === -1 || body.top_k === 0 ? undefined : readInteger(body, 'top_k', 1);
  if (topK !== undefined) request.topK = topK;
  const frequencyPenalty = readNumber(body, 'frequency_penalty', -2, 2);
  if (frequencyPenalty !== undefined) request.frequencyPenalty = frequencyPenalty;
  const presencePenalty = readNumber(body, 'presence_penalty', -2, 2);
  if (presencePenalty !== undefined) request.presencePenalty = presencePenalty;
  const seed = readInteger(body, 'seed', Number.MIN_SAFE_INTEGER);
  if (seed !== undefined) request.seed = seed;
  const stop = readStops(body, 'stop');
  if (stop !== undefined) request.stop = stop;
  const user = readString(body, 'user') ?? readString(body, 'safety_identifier');
  if (user !== undefined) request.user = user;
}

export const efforts: readonly ReasoningEffort[] = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'];

export function readEffort(fields: Fields, name: string, at = ''): ReasoningEffort | undefined {
  return readOneOf(fields, name, efforts, at);
}

/** Reads the structured-output setting of both wires; `format` is the object with its name and schema. */
export function readOutputForm(type: unknown, format: Fields, at: string): OutputForm {
  switch (type) {
    case 'text':
      return { kind: 'text' };
    case 'json_object':
      return { kind: 'json', name: 'answer', schema: undefined };
    case 'json_schema': {
      const name = requireName(format, at);
      const schema = readObject(format, 'schema', at);
      const description = readString(format, 'description', at);
      return description === undefined ? { kind: 'json', name, schema } : { kind: 'json', name, schema, description };
    }
    default:
      throw new InvalidField(`\`${at}type\` must be text, json_object or json_schema.`, `${at}type`);
  }
}

/**
 * Reads the tools of both OpenAI wires. Some clients (Cursor) describe them in the form of the other wire or
 * Anthropic's; such a body is read, and never forwarded unchanged.
 *
 * @param nested whether a function is described under `function` (chat), or beside its type (responses)
 */
export function readTools(request: Draft, body: Fields, unmapped: string[], nested: boolean): void {
  const inside = nested ? 'function.' : '';
  const isForeign = (tool: Fields): boolean =>
    nested ? tool.function === undefined && typeof tool.name === 'string' : isFields(tool.function);
  const functionOf = (fields: Fields, at: string) =>
    nested === isForeign(fields) ? fields : requireObject(fields, 'function', at);
  const entries = readArray(body, 'tools') ?? [];
  const tools: ToolDefinition[] = [];
  for (let index = 0; index < entries.length; index++) {
    const at = `tools[${index}]`;
    const tool = asFields(entries[index], at);
    const type = tool.type ?? (isForeign(tool) || isFields(tool.function) ? 'function' : undefined);
    if (isAgentTool(tool)) {
      tools.push(...readAgentTool(tool, at, (entry, path) => readFunction(entry, path)));
      addAdapted(request, unmapped, `${at} (${tool.type})`);
    } else if (type !== 'function') refuseHostedTool(type, `${at}.type`);
    else tools.push({ ...cacheOf(tool, `${at}.`), ...readTool(functionOf(tool, `${at}.`), `${at}.${inside}`) });
  }
  if (tools.length > 0) request.tools = tools;
  const areForeign = entries.some((tool) => isFields(tool) && (isForeign(tool) || !isSet(tool.type)));
  if (areForeign && request.wire !== undefined) request.wire = { ...request.wire, isForeign: true };
  const parallel = readBoolean(body, 'parallel_tool_calls');
  if (parallel !== undefined) request.parallelToolCalls = parallel;
  const choice = body.tool_choice;
  if (choice === undefined || choice === null) return;
  if (isFields(choice) && choice.type === 'custom') {
    const custom = readObject(choice, 'custom', 'tool_choice.') ?? choice;
    request.toolChoice = { name: requireName(custom, 'tool_choice.') };
    addAdapted(request, unmapped, 'tool_choice (custom)');
    return;
  }
  if (isFields(choice) && choice.type === 'allowed_tools') {
    unmapped.push(`tool_choice (${choice.type})`);
    return;
  }
  const chosenFunction =
    isFields(choice) && choice.type === 'function' ? functionOf(choice, 'tool_choice.') : undefined;
  request.toolChoice = readToolChoice(choice, chosenFunction, `tool_choice.${inside}`);
}

/** Adds an unmapped field whose nearest equivalent is in the request. */
export function addAdapted(request: Draft, unmapped: string[], name: string): void {
  unmapped.push(name);
  const { wire } = request;
  if (wire !== undefined) request.wire = { ...wire, adapts: [...(wire.adapts ?? []), name] };
}

export function readFunction(tool: Fields, at: string): ToolDefinition {
  if (tool.type !== 'function') refuseHostedTool(tool.type, `${at}.type`);
  return readTool(tool, `${at}.`);
}

/** @throws InvalidField if it is neither a value of the wire nor names a function */
export function readToolChoice(choice: unknown, chosenFunction: Fields | undefined, at: string): ToolChoice {
  if (chosenFunction !== undefined) return { name: requireName(chosenFunction, at) };
  if (choice === 'auto' || choice === 'none' || choice === 'required') return choice;
  throw new InvalidField('`tool_choice` must be auto, none, required or a function.', 'tool_choice');
}

/** A function in the form of both OpenAI wires or Anthropic's. Without parameters it has none. */
export function readTool(fields: Fields, at: string): ToolDefinition {
  const schema = readObject(fields, 'parameters', at) ?? readObject(fields, 'input_schema', at);
  return toolOf(fields, at, schema ?? { type: 'object', properties: {} });
}

export function isSet(value: unknown): boolean {
  return value !== undefined && value !== null;
}

/** The fields of a tool on every wire, except its parameters. */
export function toolOf(fields: Fields, at: string, parameters: JsonSchema): ToolDefinition {
  const tool: { -readonly [Name in keyof ToolDefinition]: ToolDefinition[Name] } = {
    name: requireName(fields, at),
    parameters,
    ...cacheOf(fields, at),
  };
  const description = readString(fields, 'description', at);
  if (description !== undefined) tool.description = description;
  const strict = readBoolean(fields, 'strict', at);
  if (strict !== undefined) tool.strict = strict;
  return tool;
}
