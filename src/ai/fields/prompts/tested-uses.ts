import type { Prompt } from './prompt.ts';
import type { PromptUse } from './prompt-uses.ts';

/** The fields whose output forms a prompt is tested with; undefined stands for its own, or text. */
export function testedUses(
  prompt: Prompt,
  uses: ReadonlyMap<string, readonly PromptUse[]>,
): readonly (PromptUse | undefined)[] {
  const hasOutput = prompt.outputFormat !== 'text' || prompt.outputSchema !== undefined;
  const fields = hasOutput ? [] : (uses.get(prompt.name.split('@')[0] ?? '') ?? []);
  return fields.length === 0 ? [undefined] : fields;
}
