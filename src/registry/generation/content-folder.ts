/**
 * A generation's content as a folder: `products/schema.graphql`, `assistant/prompts/review-summary.prompt`. Whoever reads
 * subgraphs from files reads a generation the same way. A folder is named after its content's hash and written aside, so that
 * it is whole or not there, and never changes.
 */
import { randomUUID } from 'node:crypto';
import { mkdir, readdir, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { readTextFile } from '../../lib/index.ts';
import {
  contentHashOf,
  type GenerationContent,
  operationsFolder,
  promptsFolder,
  type Texts,
  textHashesOf,
} from './generation-content.ts';
import { hashOfText } from './hash-of-text.ts';

/**
 * @param folder what content folders are in
 * @param readTexts gives the texts of hashes; called where the folder is not there, or was altered
 * @returns the content's own folder
 * @throws Error where a text is missing, or is another than the one that was published
 */
export async function writeContentFolder(
  folder: string,
  content: GenerationContent,
  readTexts: (hashes: readonly string[]) => Promise<Texts>,
): Promise<string> {
  const target = contentFolderOf(folder, contentHashOf(content));
  if (await isWhole(target, content)) {
    const now = new Date();
    await utimes(target, now, now);
    return target;
  }
  const texts = await readTexts([...textHashesOf(content)]);
  const [aside, altered] = [0, 1].map(() => join(folder, `.${randomUUID()}.tmp`)) as [string, string];
  try {
    for (const [file, hash] of filesOf(content)) {
      const text = texts.get(hash);
      if (text === undefined) throw new Error(`the text of ${file} is missing`);
      if (hashOfText(text) !== hash) throw new Error(`the text of ${file} is not the one that was published`);
      await mkdir(dirname(join(aside, file)), { recursive: true });
      await writeFile(join(aside, file), text, { mode: 0o600, flush: true });
    }
    await mkdir(aside, { recursive: true });
    // Where it has no prompts, too.
    for (const [name, { kind }] of Object.entries(content.subgraphs))
      if (kind === 'ai') await mkdir(join(aside, name, promptsFolder), { recursive: true });
    for (let attempt = 1; !(await moves(aside, target)); attempt++) {
      // One that another process has written meanwhile is as good.
      if (await isWhole(target, content)) return target;
      if (attempt === maxAttempts) throw new Error(`${target} is being changed by others`);
      await moves(target, altered);
      await rm(altered, { recursive: true, force: true });
    }
    return target;
  } finally {
    await rm(aside, { recursive: true, force: true });
  }
}

/** Others who write the same folder at the same time. */
const maxAttempts = 10;

/** @returns false where another folder is there already, or this one is not any more */
async function moves(from: string, to: string): Promise<boolean> {
  try {
    await rename(from, to);
    return true;
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    if (['ENOTEMPTY', 'EEXIST', 'ENOENT'].includes(code)) return false;
    throw error;
  }
}

/** Whether a folder has exactly the content, byte for byte. */
export async function isWhole(target: string, content: GenerationContent): Promise<boolean> {
  const expected = filesOf(content);
  const entries = await readdir(target, { recursive: true, withFileTypes: true }).catch(() => undefined);
  if (entries === undefined || entries.filter((entry) => !entry.isDirectory()).length !== expected.length) return false;
  for (const [file, hash] of expected) {
    const text = await readTextFile(join(target, file)).catch(() => undefined);
    if (text === undefined || hashOfText(text) !== hash) return false;
  }
  return true;
}

/** Who has asked for a folder reads it within this time. */
const readWithinMs = 600_000;

/** Removes the content folders that are not named, and that nobody has asked for lately: others may be reading them. */
export async function keepContentFolders(folder: string, hashes: ReadonlySet<string>): Promise<void> {
  for (const name of await readdir(folder).catch(() => [])) {
    if (hashes.has(name) || !/^([0-9a-f]{64}|\..*\.tmp)$/.test(name)) continue;
    const path = join(folder, name);
    const lastUse = await stat(path).then(
      ({ mtimeMs }) => mtimeMs,
      () => 0,
    );
    if (Date.now() - lastUse > readWithinMs) await rm(path, { recursive: true, force: true });
  }
}

export function contentFolderOf(folder: string, contentHash: string): string {
  return join(folder, contentHash);
}

/** Paths below a content folder, with the hash of each file's text. */
function filesOf({ subgraphs, operations = {} }: GenerationContent): readonly (readonly [string, string])[] {
  const manifests = Object.entries(operations).map(
    ([name, hash]) => [join(operationsFolder, `${name}.json`), hash] as const,
  );
  const ofSubgraphs = Object.entries(subgraphs).flatMap(([name, { files }]) =>
    Object.entries(files).map(([path, hash]) => [join(name, path), hash] as const),
  );
  return [...ofSubgraphs, ...manifests];
}
