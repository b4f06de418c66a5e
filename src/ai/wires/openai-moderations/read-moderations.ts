/** Reads the answer of OpenAI's moderations endpoint. */

import { arrayOf, isRecord, type Moderation, ProviderFailure, recordOf } from '../../model-call/index.ts';
import { estimateTokens } from '../../tokens/index.ts';
import { failureOfError, readUsage } from '../shared/index.ts';

/** @throws ProviderFailure of kind `malformed` if a result is missing or empty */
export function readModerations(body: unknown, texts: readonly string[], keys: readonly string[]): Moderation {
  const answer = recordOf(body);
  if (answer.error !== undefined && answer.error !== null) throw failureOfError(answer, keys);
  const wireResults = arrayOf(answer.results);
  if (wireResults.length !== texts.length) throw malformed();
  const results = wireResults.map((entry) => {
    const { flagged, categories, category_scores: scores } = recordOf(entry);
    if (typeof flagged !== 'boolean' || !isRecord(categories)) throw malformed();
    return { flagged, categories: only(categories, isBoolean), scores: only(scores, isNumber) };
  });
  const usage = readUsage('openai-embeddings', answer.usage);
  if (usage !== undefined) return { results, usage };
  const inputTokens = texts.reduce((sum, text) => sum + estimateTokens(text), 0);
  return { results, usage: { inputTokens, outputTokens: 0, source: 'estimated' } };
}

function isBoolean(value: unknown): value is boolean {
  return typeof value === 'boolean';
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}

function only<Value>(fields: unknown, is: (value: unknown) => value is Value): Readonly<Record<string, Value>> {
  const entries: Record<string, Value> = {};
  for (const [name, value] of Object.entries(recordOf(fields))) if (is(value)) entries[name] = value;
  return entries;
}

function malformed(): ProviderFailure {
  return new ProviderFailure({ kind: 'malformed', detail: 'the answer is no judgement of each text' });
}
