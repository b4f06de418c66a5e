/** Prompts by the names a caller can write: `name`, `name@3`, and with the subgraph before it, `assistant/name@3`. */
import type { PublishedPrompt } from '../../ai/fields/index.ts';

export type PromptNames = ReadonlyMap<string, PublishedPrompt>;

const namesByList = new WeakMap<readonly PublishedPrompt[], PromptNames>();

/** Made once for a generation. A name without version is the working version, else the newest. */
export function promptNames(prompts: readonly PublishedPrompt[]): PromptNames {
  let names = namesByList.get(prompts);
  if (names === undefined) {
    names = nameAll(prompts);
    namesByList.set(prompts, names);
  }
  return names;
}

function nameAll(prompts: readonly PublishedPrompt[]): PromptNames {
  const names = new Map<string, PublishedPrompt>();
  const newestFirst = [...prompts].sort((a, b) => (b.version ?? Infinity) - (a.version ?? Infinity));
  for (const prompt of newestFirst) {
    const full = nameOf(prompt);
    for (const name of [full, `${prompt.subgraph}/${full}`, prompt.name, `${prompt.subgraph}/${prompt.name}`]) {
      if (!names.has(name)) names.set(name, prompt);
    }
  }
  return names;
}

/** As it is recorded: `review-summary@3`. */
export function nameOf({ name, version }: PublishedPrompt): string {
  return version === undefined ? name : `${name}@${version}`;
}
