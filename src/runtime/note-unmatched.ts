/** Tells an operator of budgets that count nothing: a prompt may be published later, so that they are no mistake for certain. */
import type { PromptFolder } from '../ai/fields/index.ts';
import type { BudgetConfig } from '../config/index.ts';
import type { Logger } from '../observability/index.ts';

/** @param prompts those of each AI subgraph */
export function noteUnmatched(
  budgets: readonly BudgetConfig[],
  prompts: ReadonlyMap<string, PromptFolder>,
  log: Logger,
): void {
  const matched = budgets.filter(({ match }) => match.prompt !== undefined);
  if (matched.length === 0) return;
  const names = new Set([...prompts.values()].flatMap((folder) => folder.list().map(({ name }) => nameOf(name))));
  for (const { name, match } of matched)
    if (match.prompt !== undefined && !names.has(match.prompt))
      log.warn(
        { budget: name, prompt: match.prompt },
        'a budget matches a prompt that is not there: it counts nothing',
      );
}

/** Without its version. */
function nameOf(prompt: string): string {
  const [name = prompt] = prompt.split('@', 1);
  return name;
}
