/**
 * Finds the usage object of chat completions endpoints: Groq's streams have it under `x_groq`, Moonshot's in the
 * choice.
 */
import type { JsonObject } from '../../model-call/index.ts';
import { arrayOf, isRecord, recordOf } from '../../model-call/index.ts';

/** The usage object, if there is one. */
export function chatUsageIn({ usage, x_groq: groq, choices }: JsonObject): JsonObject | undefined {
  if (isRecord(usage)) return usage;
  if (groq !== undefined) {
    const groqUsage = recordOf(groq).usage;
    if (isRecord(groqUsage)) return groqUsage;
  }
  const first = arrayOf(choices)[0];
  if (!isRecord(first)) return undefined;
  return isRecord(first.usage) ? first.usage : undefined;
}

/** Whether there is a legacy `function_call`: some endpoints write an empty one with every text. */
export function isLegacyCall(call: unknown): boolean {
  if (!isRecord(call)) return false;
  const { name, arguments: callArguments } = call;
  return (
    (name !== undefined && name !== null && name !== '') || (typeof callArguments === 'string' && callArguments !== '')
  );
}
