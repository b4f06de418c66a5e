/** What the parts of the `ai` key spell alike: names, references to models, counts. */
import { z } from 'zod';

/** The names of providers and aliases; a record's key `__proto__` never fits. */
export const name = z
  .string()
  .regex(
    /^[A-Za-z][A-Za-z0-9_.-]{0,63}$/,
    'a name starts with a letter and has at most 64 letters, digits, _, . and -',
  );

export const modelReference = z
  .string()
  .regex(/^[^/\s]+\/\S+$/, 'write a model as provider/model, such as openai/gpt-4.1-mini or local/extractive');

export const positive = z.number().int().min(1);

/** `<provider>/<model id>`, split at the first `/`: a model id may have more of them. */
export function parseModelReference(reference: string): { readonly provider: string; readonly model: string } {
  const slash = reference.indexOf('/');
  return { provider: reference.slice(0, slash), model: reference.slice(slash + 1) };
}
