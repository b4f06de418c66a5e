/**
 * A folder of prompts: `review-summary.prompt` is the working version, `review-summary@3.prompt` version 3, `labels.yaml`
 * maps labels to versions, and `_house-rules.prompt` is a partial, included by `{{> house-rules}}`.
 */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate as yieldToEventLoop } from 'node:timers/promises';
import { messageOf } from '../../../errors/index.ts';
import { readTextFile, stableHash } from '../../../lib/index.ts';
import { type Prompt, PromptError, parsePrompt } from './prompt.ts';
import { labelsFile, type PromptLabels, pickWeighted, readLabels } from './prompt-labels.ts';

/** The target of a prompt reference: one version of a prompt, or several with weights. */
export interface PromptChoice {
  readonly versions: readonly { readonly prompt: Prompt; readonly weight: number }[];
  /** @param stickyKey the same key always gets the same version */
  pick(stickyKey: string): Prompt;
}

/** The contents of a prompt folder: the valid prompts, and the errors of the others. */
export interface PromptFolder {
  readonly folder: string;
  /** The text of each file, by its name: what the folder can be created from again, in another thread. */
  readonly texts: ReadonlyMap<string, string>;
  /** Hash of all files: it changes when any file does. */
  readonly hash: string;
  /** The errors, by file name. */
  readonly errors: ReadonlyMap<string, PromptError>;
  /** Finds a prompt by `name`, `name@version` or `name#label`. */
  find(reference: string): PromptChoice | PromptError;
  /** Every valid prompt, in the order of the file names. */
  list(): readonly Prompt[];
}

const extension = '.prompt';
const maxCharacters = 1_000_000;

export async function readPromptFolder(folder: string): Promise<PromptFolder> {
  const texts = new Map<string, string>();
  try {
    for (const file of (await readdir(folder)).sort()) {
      if (file.endsWith(extension) || file === labelsFile) texts.set(file, await readTextFile(join(folder, file)));
    }
  } catch (error) {
    const missing = new PromptError(`the folder of prompts cannot be read: ${messageOf(error)}`, undefined);
    return { folder, texts, hash: '', errors: new Map([[folder, missing]]), find: () => missing, list: () => [] };
  }
  return createPromptFolder(folder, texts);
}

/** The prompts of a folder's files, which are not read again. */
export async function createPromptFolder(folder: string, texts: ReadonlyMap<string, string>): Promise<PromptFolder> {
  const partials = new Map<string, string>();
  for (const [file, text] of texts) if (file.startsWith('_')) partials.set(file.slice(1, -extension.length), text);

  const choices = new Map<string, PromptChoice>();
  const prompts: Prompt[] = [];
  const errors = new Map<string, PromptError>();
  for (const [file, text] of texts) {
    if (file.startsWith('_') || file === labelsFile) continue;
    // Parsing a prompt takes milliseconds: yield, so that a reload does not block requests.
    await yieldToEventLoop();
    try {
      const prompt = await readPrompt(file, text, partials);
      prompts.push(prompt);
      choices.set(prompt.name, singleChoice(prompt));
    } catch (error) {
      errors.set(file, error instanceof PromptError ? error : new PromptError(messageOf(error), undefined));
    }
  }
  const labels = labelsOf(texts.get(labelsFile));
  if (labels instanceof PromptError) errors.set(labelsFile, labels);

  const choiceOf = (name: string): PromptChoice | PromptError =>
    choices.get(name) ??
    errors.get(`${name}${extension}`) ??
    new PromptError(`there is no file ${name}${extension}`, undefined);

  return {
    folder,
    texts,
    hash: stableHash([...texts]),
    errors,
    list: () => prompts,
    find(reference) {
      if (!namePattern.test(reference)) {
        return new PromptError('a prompt is named by letters, digits, _ and -, with @version or #label', undefined);
      }
      const [name = '', label] = reference.split('#');
      if (label === undefined) return choiceOf(name);
      return labels instanceof PromptError ? labels : labelledChoice(name, label, labels, choiceOf);
    },
  };
}

const namePattern = /^(?!_)[\w-]+(?:@\d+|#[\w-]+)?$/;

async function readPrompt(file: string, text: string, partials: ReadonlyMap<string, string>): Promise<Prompt> {
  const name = file.slice(0, -extension.length);
  if (!namePattern.test(name) || name.includes('#') || /@0/.test(name)) {
    const message = 'a prompt’s file is named by letters, digits, _ and -, with @version: review-summary@3.prompt';
    throw new PromptError(message, undefined);
  }
  if (text.length > maxCharacters) throw new PromptError('the file has more than a million characters', undefined);
  return parsePrompt(name, text, partials);
}

function labelsOf(text: string | undefined): PromptLabels | PromptError {
  try {
    return readLabels(text ?? '');
  } catch (error) {
    if (error instanceof PromptError) return error;
    return new PromptError(messageOf(error), undefined, { file: labelsFile });
  }
}

function singleChoice(prompt: Prompt): PromptChoice {
  return { versions: [{ prompt, weight: 1 }], pick: () => prompt };
}

function labelledChoice(
  name: string,
  label: string,
  labels: PromptLabels,
  choiceOf: (name: string) => PromptChoice | PromptError,
): PromptChoice | PromptError {
  const labelEntry = labels.get(name)?.get(label);
  if (labelEntry === undefined) {
    return new PromptError(`labels.yaml has no label "${label}" of "${name}"`, undefined, { file: labelsFile });
  }
  const versions: { prompt: Prompt; weight: number; name: string }[] = [];
  for (const { version, weight } of labelEntry.versions) {
    const choice = choiceOf(`${name}@${version}`);
    if (choice instanceof PromptError) {
      const { message, line, file = `${name}@${version}${extension}`, suggestedFix } = choice;
      return line === undefined
        ? new PromptError(message, labelEntry.line, { file: labelsFile })
        : new PromptError(message, line, { file, suggestedFix });
    }
    const prompt = choice.pick('');
    versions.push({ prompt, weight, name: prompt.name });
  }
  const [first, ...furtherVersions] = versions;
  if (first === undefined) return new PromptError(`"${label}" of "${name}" names no version`, labelEntry.line);
  if (furtherVersions.length === 0) return singleChoice(first.prompt);
  return { versions, pick: (stickyKey) => pickWeighted([first, ...furtherVersions], stickyKey).prompt };
}
