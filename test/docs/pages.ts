/** The README and the pages of docs/: their snippets, and the sections that are generated from the source. */
import { globSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { expect } from 'vitest';
import { withSection } from './generated-sections.ts';

export const pages: readonly string[] = ['README.md', ...globSync('docs/*.md').sort()];

/** `UPDATE_DOCS=1` rewrites generated sections instead of comparing them. */
export const isUpdate = process.env.UPDATE_DOCS === '1';

export async function expectSection(page: string, name: string, text: string): Promise<void> {
  const current = await readFile(page, 'utf8');
  const wanted = withSection(current, name, text);
  if (isUpdate) await writeFile(page, wanted);
  else expect(current, 'run UPDATE_DOCS=1 npx vitest run test/docs').toBe(wanted);
}

export function snippetsIn(text: string, language: string): string[] {
  return [...text.matchAll(new RegExp(`\`\`\`${language}\n([\\s\\S]*?)\`\`\``, 'g'))].map((match) => match[1] ?? '');
}

/** The snippets of one language on every page, each with its page. */
export async function allSnippets(language: string): Promise<readonly { page: string; snippet: string }[]> {
  const found = await Promise.all(
    pages.map(async (page) => snippetsIn(await readFile(page, 'utf8'), language).map((snippet) => ({ page, snippet }))),
  );
  return found.flat();
}

/** From a heading that begins so to the next. */
export async function chapter(page: string, heading: string): Promise<string> {
  const found = (await readFile(page, 'utf8')).split(/^##? /m).find((text) => text.startsWith(heading));
  if (found === undefined) throw new Error(`${page} has no chapter ${heading}`);
  return found;
}
