/** Adapts a request to OpenAI's wires before it is written on one of them. */

import type { Adaptation } from '../../fitting/index.ts';
import { withEffort, withinOutputLimit, withoutCacheMarks, withoutOptional } from '../../fitting/index.ts';
import type { ModelRequest } from '../../model-call/index.ts';
import type { ChatDialect } from '../../wires/shared/index.ts';

type Draft = { -readonly [Name in keyof ModelRequest]: ModelRequest[Name] };

/** Settings that only influence how an answer is generated, by their names on OpenAI's wires. */
const steering = [
  ['topK', 'top_k'],
  ['seed', 'seed'],
  ['frequencyPenalty', 'frequency_penalty'],
  ['presencePenalty', 'presence_penalty'],
] as const;

export function fitForOpenAi(
  model: string,
  request: ModelRequest,
  wire: 'chat' | 'responses',
  dialect: ChatDialect,
  adaptation: Adaptation,
): ModelRequest {
  const reduced = withoutCacheMarks(withoutOptional(request, adaptation), adaptation);
  if (adaptation.policy === 'refuse') {
    if (reduced.effort !== undefined) adaptation.omit('output_config.effort');
    return reduced; // fields that are still unsupported are refused when the request is written
  }
  const fitted: Draft = { ...withEffort(model, withinOutputLimit(model, reduced, adaptation), adaptation) };
  // Without tools OpenAI refuses these fields.
  if ((fitted.tools ?? []).length === 0) {
    delete fitted.parallelToolCalls;
    if (fitted.toolChoice === 'auto' || fitted.toolChoice === 'none') delete fitted.toolChoice;
  }
  for (const [field, name] of steering) {
    const value = fitted[field];
    if (value === undefined || (wire === 'chat' && (field !== 'topK' || dialect.topK))) continue;
    if (value === 0 && field.endsWith('Penalty')) adaptation.omit(name);
    else adaptation.drop(name);
    delete fitted[field];
  }
  return fitted;
}
