/**
 * Tools of the OpenAI wires that an agent runs itself, as Codex and Cursor describe them, for models of other wires: a
 * custom tool with free text becomes a function with one text parameter, the functions of a namespace become functions
 * with longer names. Calls are converted back to the client's form. The grammar of a custom tool becomes part of its
 * description.
 */
import type { ToolDefinition } from '../../../model-call/index.ts';
import { asFields, type Fields, isFields, readArray, readObject, readString, requireName } from '../read-fields.ts';

/** The client's description of a tool whose name or form was converted. */
export interface AgentTool {
  readonly isCustom: boolean;
  readonly name: string;
  readonly namespace: string | undefined;
}

/** By the name that the model uses. */
export type AgentTools = ReadonlyMap<string, AgentTool>;

const none: AgentTools = new Map();
const maxNameLength = 64;

/** The converted tools of a request. */
export function agentToolsOf({ tools }: Fields): AgentTools {
  if (!Array.isArray(tools) || !tools.some((tool) => isFields(tool) && isAgentTool(tool))) return none;
  const toolsByName = new Map<string, AgentTool>();
  for (const tool of tools as readonly Fields[]) {
    const namespace = tool.type === 'namespace' ? String(tool.name) : undefined;
    const inner = Array.isArray(tool.tools) ? (tool.tools as readonly Fields[]) : [];
    for (const entry of namespace === undefined ? [tool] : inner) {
      if (namespace === undefined && entry.type !== 'custom') continue;
      const name = String((isFields(entry.custom) ? entry.custom : entry).name);
      toolsByName.set(calledName(namespace, name), { isCustom: entry.type === 'custom', name, namespace });
    }
  }
  return toolsByName;
}

export function isAgentTool({ type }: Fields): boolean {
  return type === 'custom' || type === 'namespace';
}

/** The model's name for a tool of a namespace. */
export function calledName(namespace: string | undefined, name: string): string {
  if (namespace === undefined || namespace === '') return name;
  const joined = namespace.endsWith('_') ? namespace + name : `${namespace}__${name}`;
  return joined.slice(-maxNameLength);
}

/**
 * @param readFunction reads a function of the wire
 * @throws InvalidField
 */
export function readAgentTool(
  tool: Fields,
  at: string,
  readFunction: (tool: Fields, at: string) => ToolDefinition,
): readonly ToolDefinition[] {
  if (tool.type === 'custom') return [customTool(tool, at)];
  const namespace = requireName(tool, `${at}.`);
  return (readArray(tool, 'tools', `${at}.`) ?? []).map((value, index) => {
    const path = `${at}.tools[${index}]`;
    const inner = asFields(value, path);
    const read = inner.type === 'custom' ? customTool(inner, path) : readFunction(inner, path);
    return { ...read, name: calledName(namespace, read.name) };
  });
}

/** On the chat wire the description is under `custom`, and its grammar one level deeper. */
function customTool(fields: Fields, at: string): ToolDefinition {
  const tool = readObject(fields, 'custom', `${at}.`) ?? fields;
  const format = readObject(tool, 'format', `${at}.`);
  const inner = format === undefined ? undefined : (readObject(format, 'grammar', `${at}.format.`) ?? format);
  const grammar = inner === undefined ? undefined : readString(inner, 'definition', `${at}.format.`);
  const description = readString(tool, 'description', `${at}.`) ?? '';
  const words = grammar === undefined ? description : `${description}\n\n\`input\` must fit this grammar:\n${grammar}`;
  const input = { type: 'string', description: 'The whole input of the tool, as it is.' };
  return {
    name: requireName(tool, `${at}.`),
    ...(words === '' ? {} : { description: words.trim() }),
    parameters: { type: 'object', properties: { input }, required: ['input'], additionalProperties: false },
  };
}

/** Converts the free text of a custom tool's call to a function's arguments, and back. */
export function customArguments(input: string): string {
  return JSON.stringify({ input });
}

export function customInput(text: string): string {
  try {
    const read: unknown = JSON.parse(text);
    if (isFields(read) && typeof read.input === 'string') return read.input;
  } catch {
    // A model that wrote the text itself.
  }
  return text;
}
