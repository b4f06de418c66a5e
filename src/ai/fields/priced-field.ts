/** What the price of an AI field depends on, besides the number of its items. */
import { parse } from 'graphql';
import type { AiFieldsConfig } from '../../config/index.ts';
import { aiFieldsOf } from './ai-field.ts';
import { tokensPerItem } from './answers/batch-form.ts';
import { callsOf, inputBoundOf } from './answers/input-bound.ts';
import { PromptError } from './prompts/prompt.ts';
import type { PromptFolder } from './prompts/prompt-folder.ts';

export interface PricedField {
  /** `Product.summary`. */
  readonly coordinate: string;
  /** One for each version of the prompt that may be chosen. */
  readonly versions: readonly PricedVersion[];
}

export interface PricedVersion {
  readonly alias: string;
  /** With its version: `review-summary@3`. */
  readonly prompt: string;
  /** The most that one call for one item reads and writes. */
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** How many calls the first attempt for one item may take. */
  readonly calls: number;
  /** The most items that share a call, and what each then adds to its input and output at most. */
  readonly batch: { readonly max: number; readonly inputTokens: number; readonly outputTokens: number } | undefined;
}

/** The words before an item, and its share of the words about all items: of two, it is half. */
const inputTokensPerItem = 120;

export function pricedFieldsOf(
  sdl: string,
  prompts: PromptFolder,
  config: Pick<AiFieldsConfig, 'maxInputTokens' | 'longInput' | 'maxChunks'>,
): readonly PricedField[] {
  return aiFieldsOf(parse(sdl, { noLocation: true })).flatMap((field) => {
    const choice = prompts.find(field.prompt);
    if (choice instanceof PromptError) return []; // it has been refused
    const versions = choice.versions.flatMap(({ prompt }): PricedVersion[] => {
      const alias = field.model ?? prompt.model;
      const outputTokens = field.maxOutputTokens ?? prompt.settings.maxOutputTokens;
      if (alias === undefined || outputTokens === undefined) return [];
      const input = inputBoundOf(field, prompt, config, outputTokens);
      const batch = prompt.batch && {
        max: prompt.batch.max,
        inputTokens: input.maxTokens + inputTokensPerItem,
        outputTokens: outputTokens + tokensPerItem,
      };
      const version = { alias, prompt: prompt.name, inputTokens: input.maxTokens, outputTokens };
      return [{ ...version, calls: callsOf(input), batch }];
    });
    return versions.length === 0 ? [] : [{ coordinate: `${field.typeName}.${field.fieldName}`, versions }];
  });
}
