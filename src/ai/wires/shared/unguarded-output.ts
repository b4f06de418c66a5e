/**
 * Output in a provider's own wire that the model-call form does not have, and that guardrails therefore do not check:
 * further choices, token probabilities, audio, citations, items of tools that the provider runs.
 */
import type { ModelRequest, Wire } from '../../model-call/index.ts';
import { arrayOf, isRecord, recordOf } from '../../model-call/index.ts';

/** Fields that request such output. Fields with a path, `tools[0] (custom)`, only lead to calls of their kind. */
const requestsMoreOutput =
  /^(?:n|logprobs|top_logprobs|prompt_logprobs|best_of|echo|modalities|audio|include|functions|tools\[)\b/;

/** The fields of a request whose answers cannot be checked. */
export function uncheckedFields({ wire }: ModelRequest): readonly string[] {
  return wire === undefined ? [] : wire.unmapped.filter((field) => requestsMoreOutput.test(field));
}

const chatFields: ReadonlySet<string> = new Set([
  ...['id', 'object', 'created', 'model', 'choices', 'usage', 'service_tier', 'system_fingerprint'],
  ...['prompt_filter_results', 'x_groq', 'timings', 'provider', 'error', 'kv_transfer_params', 'prompt_logprobs'],
]);
const choiceFields: ReadonlySet<string> = new Set([
  ...[
    'index',
    'message',
    'finish_reason',
    'native_finish_reason',
    'stop_reason',
    'content_filter_results',
    'matched_stop',
  ],
  ...['logprobs', 'token_ids'],
]);
const messageFields: ReadonlySet<string> = new Set([
  ...['role', 'content', 'refusal', 'tool_calls', 'reasoning', 'reasoning_content', 'annotations', 'audio'],
  ...['function_call', 'name'],
]);

/** Whether a complete answer, parsed, has output that the form does not have. */
export function hasMoreOutput(wire: Wire, answer: unknown): boolean {
  const body = recordOf(answer);
  return wire === 'openai-chat' ? chatHasMore(body) : arrayOf(body.output).some(itemHasMore);
}

function chatHasMore(body: Readonly<Record<string, unknown>>): boolean {
  const choices = arrayOf(body.choices);
  if (choices.length !== 1 || !hasOnly(body, chatFields)) return true;
  const choice = recordOf(choices[0]);
  const message = recordOf(choice.message);
  if (!hasOnly(choice, choiceFields) || !hasOnly(message, messageFields)) return true;
  // Reasoning has two names, of which one is read.
  if (isPresent(message.reasoning) && isPresent(message.reasoning_content)) return true;
  return [choice.logprobs, choice.token_ids, body.prompt_logprobs, message.annotations, message.audio].some(isPresent);
}

/** Fields that say nothing may have any name. */
function hasOnly(fields: Readonly<Record<string, unknown>>, names: ReadonlySet<string>): boolean {
  for (const name in fields) if (!names.has(name) && isPresent(fields[name])) return false;
  return true;
}

function isPresent(value: unknown): boolean {
  if (value === undefined || value === null || value === '') return false;
  if (typeof value === 'number' || typeof value === 'boolean') return false;
  return Array.isArray(value) ? value.length > 0 : !isRecord(value) || Object.keys(value).length > 0;
}

function itemHasMore(value: unknown): boolean {
  const item = recordOf(value);
  if (item.type === 'reasoning' || item.type === 'function_call') return false;
  if (item.type !== 'message') return true;
  return arrayOf(item.content).some((part) => {
    const { type, annotations, logprobs } = recordOf(part);
    return (type !== 'output_text' && type !== 'refusal') || isPresent(annotations) || isPresent(logprobs);
  });
}
