/** What the guards' tests share: guards from YAML, bounds, and the corpus. */
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import {
  createGuardrails,
  type Guardrails,
  type GuardrailsOptions,
  type InputVerdict,
  type OutputVerdict,
} from '../../../../src/ai/guardrails/index.ts';
import { guardrailsYaml, resolveGuardrails } from '../../../../src/config/index.ts';
import { Deadline } from '../../../../src/lib/index.ts';

export function guards(yaml: string, options: GuardrailsOptions = {}): Guardrails {
  return createGuardrails(resolveGuardrails(guardrailsYaml.parse(parse(yaml))), options);
}

export function bounds(milliseconds = 5_000, signal = new AbortController().signal) {
  return { signal, deadline: Deadline.in(milliseconds) };
}

/** Everything but moderation. */
export const everything = `
pii: { kinds: [email, phone, iban, card, address, ip], country: DE, recognizers: [{ name: employee, pattern: 'EMP-\\d{6}' }] }
secrets: {}
injection: {}
patterns: { blocked: ['(?i)falcon', 'PRJ-[0-9]+'] }
output: { max_length: 2000000, urls: { allow: [example.com] }, markup: mask }
`;

/** The lines of a corpus file, without its comments. */
export function corpus(name: string): readonly string[] {
  const lines = readFileSync(new URL(`corpus/${name}.txt`, import.meta.url), 'utf8').split('\n');
  return lines.filter((line) => line !== '' && !line.startsWith('#'));
}

/** A marked text without its marks, and the finds that were marked. */
export function unmarked(text: string): { readonly plain: string; readonly finds: readonly string[] } {
  return { plain: text.replace(/[⟪⟫]/g, ''), finds: [...text.matchAll(/⟪([^⟫]*)⟫/g)].map((match) => match[1] ?? '') };
}

type Passed<Verdict> = Extract<Verdict, { kind: 'pass' }>;

/** The verdict of a check that waits for nothing and passes. */
export function passed<Verdict extends InputVerdict | OutputVerdict>(
  verdict: Verdict | Promise<Verdict>,
): Passed<Verdict> {
  if (verdict instanceof Promise) throw new Error('the check waits');
  if (verdict.kind !== 'pass') throw new Error(`blocked: ${JSON.stringify(verdict.findings)}`);
  return verdict as Passed<Verdict>;
}

/** The output of a stream for `deltas`, or `undefined` if it blocks. */
export function streamed(
  guard: Guardrails,
  deltas: readonly string[],
  placeholders: Passed<InputVerdict>['placeholders'],
) {
  const stream = guard.outputStream(placeholders);
  let text = '';
  for (const delta of deltas) {
    const out = stream.push(delta);
    if (typeof out !== 'string') return { text: undefined, findings: stream.findings };
    text += out;
  }
  const rest = stream.end();
  return { text: typeof rest === 'string' ? text + rest : undefined, findings: stream.findings };
}
