/** Where endpoints of the chat completions wire put their usage: Groq's streams under `x_groq`, Moonshot's in the choice. */
import type { JsonObject } from '../../model-call/index.ts';
import { arrayOf, isRecord, recordOf } from '../../model-call/index.ts';

/** The object of counts, where there is one. */
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

/** Whether a call under the older name says that there is one: some endpoints write an empty one beside every text. */
export function isLegacyCall(call: unknown): boolean {
  if (!isRecord(call)) return false;
  const { name, arguments: callArguments } = call;
  return (
    (name !== undefined && name !== null && name !== '') || (typeof callArguments === 'string' && callArguments !== '')
  );
}
