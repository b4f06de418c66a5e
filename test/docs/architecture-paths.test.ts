import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const text = readFileSync('ARCHITECTURE.md', 'utf8');

describe('ARCHITECTURE.md', () => {
  it('names files and folders that exist', () => {
    const named = [...text.matchAll(/`((?:src|test|docs)\/[^`\s]+)`/g)].map((match) => match[1] ?? '');
    const drawn = [...text.matchAll(/\["((?:http|execution|planning|transport|ai)\/[^\s<"]+)/g)].map(
      (match) => `src/${match[1]}`,
    );
    expect(named.length).toBeGreaterThan(20);
    expect(drawn.length).toBeGreaterThan(8);
    expect([...named, ...drawn].filter((path) => !existsSync(path))).toEqual([]);
  });
});
