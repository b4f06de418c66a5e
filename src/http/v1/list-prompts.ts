/** The prompts that can be run, with what each takes and gives: `GET /v1/prompts`, and one of them by its name. */
import type { PublishedPrompt } from '../../ai/fields/index.ts';
import { nameOf, promptNames } from './find-prompt.ts';

type WrittenPrompt = Readonly<Record<string, unknown>>;

/** The shortest name that runs this very prompt. */
function runnableName(prompt: PublishedPrompt, prompts: readonly PublishedPrompt[]): string {
  const name = nameOf(prompt);
  return promptNames(prompts).get(name) === prompt ? name : `${prompt.subgraph}/${name}`;
}

export function writePrompt(prompt: PublishedPrompt, prompts: readonly PublishedPrompt[]): WrittenPrompt {
  const name = runnableName(prompt, prompts);
  return {
    id: name,
    object: 'prompt',
    name: prompt.name,
    version: prompt.version ?? null,
    subgraph: prompt.subgraph,
    model: prompt.alias,
    max_output_tokens: prompt.maxOutputTokens,
    input_schema: prompt.inputSchema ?? null,
    output_schema: prompt.outputSchema ?? null,
    url: `/v1/prompts/${name.split('/').map(encodeURIComponent).join('/')}`,
  };
}

export function listPrompts(prompts: readonly PublishedPrompt[]): Readonly<Record<string, unknown>> {
  return { object: 'list', data: prompts.map((prompt) => writePrompt(prompt, prompts)), has_more: false };
}
