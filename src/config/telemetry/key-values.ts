/** Names with values: as YAML has them, or in one text as OpenTelemetry's variables have them (`a=1,b=two%20words`). */
import { z } from 'zod';

/** @param name what is allowed as a name, @param value as a value */
export function keyValues(name: RegExp, value: RegExp, example: string) {
  return z
    .union([
      z.record(z.string(), z.string()),
      z.string().transform((text, context) => {
        const pairs = readPairs(text);
        if (pairs !== undefined) return Object.fromEntries(pairs);
        context.addIssue({ code: 'custom', message: `write pairs such as ${example}` });
        return z.NEVER;
      }),
    ])
    .refine(
      (pairs) => Object.entries(pairs).every(([key, text]) => name.test(key) && value.test(text)),
      `write names and values such as ${example}`,
    )
    .default({});
}

/** @returns undefined where a part is no pair, or is encoded wrongly */
function readPairs(text: string): readonly (readonly [string, string])[] | undefined {
  const parts = text.split(',').filter((part) => part.trim() !== '');
  const pairs: (readonly [string, string])[] = [];
  for (const part of parts) {
    const at = part.indexOf('=');
    if (at < 1) return undefined;
    try {
      pairs.push([part.slice(0, at).trim(), decodeURIComponent(part.slice(at + 1).trim())]);
    } catch {
      return undefined;
    }
  }
  return pairs;
}
