import { diffLines } from 'diff';

interface Texts {
  readonly before: string | undefined;
  readonly after: string | undefined;
}

/** The lines that differ between two texts, each with `- ` or `+ ` before it. */
export function lineChanges({ before = '', after = '' }: Texts): readonly string[] {
  return diffLines(before, after).flatMap(({ added, removed, value }) => {
    if (!added && !removed) return [];
    const sign = added ? '+' : '-';
    return value
      .replace(/\n$/, '')
      .split('\n')
      .map((line) => `${sign} ${line}`);
  });
}
