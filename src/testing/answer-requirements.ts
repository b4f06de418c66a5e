/** What a request asks of the model, read from each wire's own body: the stream flag, a schema, a tool it must call. */
import type { Route } from './wire.ts';

export interface AnswerRequirements {
  readonly model: string;
  readonly isStream: boolean;
  /** OpenAI's chat wire: whether a stream tells its usage. Every other wire always does. */
  readonly includeUsage: boolean;
  /** The structured output asked for; `'any'` is any JSON object. */
  readonly schema: unknown;
  /** The tool the model must call. */
  readonly tool: { readonly name: string; readonly parameters: unknown } | undefined;
}

type Body = Readonly<Record<string, unknown>>;
type Tool = NonNullable<AnswerRequirements['tool']>;

export function readAnswerRequirements(route: Route, body: unknown): AnswerRequirements {
  const fields = record(body);
  return {
    model: route.model ?? (typeof fields.model === 'string' ? fields.model : 'unnamed'),
    isStream: route.isStream ?? fields.stream === true,
    includeUsage: route.wire !== 'openai-chat' || record(fields.stream_options).include_usage === true,
    schema: schemaOf(route, fields),
    tool: toolOf(route, fields),
  };
}

function schemaOf({ wire }: Route, body: Body): unknown {
  switch (wire) {
    case 'openai-chat':
    case 'cohere-chat': {
      const format = record(body.response_format);
      if (format.type === 'json_schema') return record(format.json_schema).schema;
      return format.type === 'json_object' ? (format.json_schema ?? format.schema ?? 'any') : undefined;
    }
    case 'openai-responses': {
      const format = record(record(body.text).format);
      if (format.type === 'json_schema') return format.schema;
      return format.type === 'json_object' ? 'any' : undefined;
    }
    case 'anthropic-messages':
      return record(record(body.output_config).format ?? body.output_format).schema;
    case 'gemini-generate': {
      const config = record(body.generationConfig);
      if (config.responseMimeType !== 'application/json') return undefined;
      return config.responseJsonSchema ?? config.responseSchema ?? 'any';
    }
    case 'bedrock-converse': {
      const { jsonSchema } = record(record(record(body.outputConfig).textFormat).structure);
      const { schema } = record(jsonSchema);
      return typeof schema === 'string' ? JSON.parse(schema) : undefined;
    }
    default:
      return undefined;
  }
}

/** The tool that is named, or the first where any will do. */
function toolOf({ wire }: Route, body: Body): Tool | undefined {
  switch (wire) {
    case 'openai-chat':
    case 'cohere-chat': {
      const tools = list(body.tools).map((tool) => readTool(record(record(tool).function), 'parameters'));
      const choice = body.tool_choice;
      if (choice === 'required' || choice === 'REQUIRED') return tools[0];
      return withName(tools, record(record(choice).function).name);
    }
    case 'openai-responses': {
      const tools = list(body.tools).map((tool) => readTool(record(tool), 'parameters'));
      return body.tool_choice === 'required' ? tools[0] : withName(tools, record(body.tool_choice).name);
    }
    case 'anthropic-messages': {
      const tools = list(body.tools).map((tool) => readTool(record(tool), 'input_schema'));
      const choice = record(body.tool_choice);
      return choice.type === 'any' ? tools[0] : withName(tools, choice.name);
    }
    case 'gemini-generate': {
      const config = record(record(body.toolConfig).functionCallingConfig);
      if (config.mode !== 'ANY') return undefined;
      const declared = list(body.tools)
        .flatMap((tool) => list(record(tool).functionDeclarations))
        .map((tool) => readTool(record(tool), 'parametersJsonSchema', 'parameters'));
      const [allowed] = list(config.allowedFunctionNames);
      return allowed === undefined ? declared[0] : withName(declared, allowed);
    }
    case 'bedrock-converse': {
      const config = record(body.toolConfig);
      const tools = list(config.tools).map((tool) => {
        const { name, inputSchema } = record(record(tool).toolSpec);
        return { name: String(name), parameters: record(inputSchema).json };
      });
      const choice = record(config.toolChoice);
      return choice.any === undefined ? withName(tools, record(choice.tool).name) : tools[0];
    }
    default:
      return undefined;
  }
}

function readTool(tool: Body, ...parameterFields: readonly string[]): Tool {
  const field = parameterFields.find((name) => tool[name] !== undefined);
  return { name: String(tool.name), parameters: field === undefined ? undefined : tool[field] };
}

function withName(tools: readonly Tool[], name: unknown): Tool | undefined {
  return name === undefined ? undefined : tools.find((tool) => tool.name === name);
}

function record(value: unknown): Body {
  return typeof value === 'object' && value !== null ? (value as Body) : {};
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
