/**
 * A folder of prompts: `review-summary.prompt` is the working version, `review-summary@3.prompt` version 3, and
 * `labels.yaml` maps labels to versions (`review-summary: { production: 3 }`).
 */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse as parseYaml } from 'yaml';
import { z } from 'zod';
import { messageOf } from '../../errors/index.ts';
import { stableHash } from '../../lib/index.ts';
import { type Prompt, PromptError, parsePrompt } from './prompt.ts';

const labelsFile = z.record(z.string(), z.record(z.string(), z.number().int().positive()));

/** Everything a folder holds: what can be used, and what is wrong with the rest, by prompt name. */
export interface PromptFolder {
  readonly folder: string;
  /** Of everything read, so that a change of any file is a change of the folder. */
  readonly hash: string;
  readonly prompts: ReadonlyMap<string, Prompt>;
  readonly errors: ReadonlyMap<string, PromptError>;
  /** A prompt by `name`, `name@version` or `name#label`. */
  find(reference: string): Prompt | PromptError;
}

export async function readPromptFolder(folder: string): Promise<PromptFolder> {
  const prompts = new Map<string, Prompt>();
  const errors = new Map<string, PromptError>();
  const texts = new Map<string, string>();
  try {
    for (const file of (await readdir(folder)).sort()) {
      if (file.endsWith('.prompt') || file === 'labels.yaml')
        texts.set(file, await readFile(join(folder, file), 'utf8'));
    }
  } catch (error) {
    const missing = new PromptError(`the folder of prompts cannot be read: ${messageOf(error)}`, undefined);
    return { folder, hash: '', prompts, errors, find: () => missing };
  }
  for (const [file, text] of texts) {
    if (!file.endsWith('.prompt')) continue;
    const name = file.slice(0, -'.prompt'.length);
    try {
      prompts.set(name, await parsePrompt(name, text));
    } catch (error) {
      errors.set(name, error instanceof PromptError ? error : new PromptError(messageOf(error), undefined));
    }
  }
  const labels = readLabels(texts.get('labels.yaml') ?? '');
  return {
    folder,
    hash: stableHash([...texts]),
    prompts,
    errors,
    find(reference) {
      if (!/^[\w-]+(?:@\d+)?(?:#[\w-]+)?$/.test(reference)) {
        return new PromptError('a prompt is named by letters, digits, _ and -, with @version or #label', undefined);
      }
      const [name = '', label] = reference.split('#');
      if (label === undefined) return found(name);
      if (labels instanceof PromptError) return labels;
      const version = labels[name]?.[label];
      return version === undefined
        ? new PromptError(`labels.yaml has no label "${label}" of "${name}"`, undefined)
        : found(`${name}@${version}`);
    },
  };

  function found(key: string): Prompt | PromptError {
    return prompts.get(key) ?? errors.get(key) ?? new PromptError(`there is no file ${key}.prompt`, undefined);
  }
}

function readLabels(text: string): Readonly<Record<string, Readonly<Record<string, number>>>> | PromptError {
  try {
    return labelsFile.parse(parseYaml(text) ?? {});
  } catch (error) {
    return new PromptError(`labels.yaml cannot be read: ${messageOf(error).split('\n')[0]}`, undefined);
  }
}
