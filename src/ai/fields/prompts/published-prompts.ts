import type { ModelRequest, OutputForm } from '../../model-call/index.ts';
import type { Prompt } from './prompt.ts';
import type { PromptFolder } from './prompt-folder.ts';
import type { PublishedPrompt } from './published-prompt.ts';

/**
 * The prompts of a folder that can be called directly, under `/v1/prompts`: those that set `model` and `maxOutputTokens`.
 * The other prompts get these settings from the AI fields that use them.
 */
export function publishedPrompts(folder: PromptFolder, subgraph: string): readonly PublishedPrompt[] {
  return folder.list().flatMap((prompt) => {
    const published = publish(prompt, subgraph);
    return published === undefined ? [] : [published];
  });
}

function publish(prompt: Prompt, subgraph: string): PublishedPrompt | undefined {
  const { model, settings, inputSchema, outputSchema } = prompt;
  if (model === undefined || settings.maxOutputTokens === undefined) return undefined;
  const [name = '', version] = prompt.name.split('@');
  return {
    subgraph,
    name,
    ...(version === undefined ? {} : { version: Number(version) }),
    alias: model,
    inputSchema,
    ...(outputSchema === undefined ? {} : { outputSchema }),
    maxOutputTokens: settings.maxOutputTokens,
    ...(prompt.maxInputTokens === undefined ? {} : { maxInputTokens: prompt.maxInputTokens }),
    render: async (input) => promptRequest(prompt, input),
  };
}

/** The model request of a direct call: the settings and the output form of the prompt. */
export function promptRequest(prompt: Prompt, input: Readonly<Record<string, unknown>>): ModelRequest {
  return { messages: prompt.render(input), output: outputForm(prompt), ...prompt.settings };
}

function outputForm({ name, outputFormat, outputSchema }: Prompt): OutputForm {
  if (outputFormat === 'text') return { kind: 'text' };
  return { kind: 'json', name: name.replace(/[^\w-]/g, '_').slice(0, 64), schema: outputSchema };
}
