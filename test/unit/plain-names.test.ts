import { globSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

/** Words that no identifier contains: `toldChanges` and `askModelAgain` do not name what they are. */
const forbiddenParts = new Set(
  'told tell tells heard mend mends mended mending kept asked asks wanted wants said says given gave spoken whoever nobody'.split(
    ' ',
  ),
);

/** Pronouns, participles and adverbs that are not a whole name of a constant, variable, function or class. */
const forbiddenNames = new Set(
  'known one made written shown found here those it sent seen taken meant added left named own other beside beyond'.split(
    ' ',
  ),
);

/** Files whose identifiers and tables are words of natural language that texts are searched for. */
const vocabulary = [
  'src/ai/guardrails/injection/evidence-rules.ts',
  'src/ai/guardrails/injection/order-phrases.ts',
  'src/ai/guardrails/injection/order-words.ts',
  'src/ai/guardrails/injection/quoted-orders.ts',
  'src/ai/models/caches/lexical-words.ts',
];

const strings = /'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|`(?:[^`\\]|\\.)*`/g;
const declared = /\b(?:const|let|function|class)\s+([a-z]\w*)|(?:\(|, )([a-z]\w*)\s*=>|\(([a-z]\w*)\)\s*=>/g;

/** The identifiers of a line that are not plain terms; comments and strings are ignored. */
function oddNames(line: string): readonly string[] {
  if (/^\s*(?:\*|\/\*|\/\/)/.test(line)) return [];
  const code = line.replace(strings, "''").replace(/\/\/.*$/, '');
  const names = [...code.matchAll(declared)].map((match) => match[1] ?? match[2] ?? match[3] ?? '');
  const identifiers = code.match(/[A-Za-z_$][\w$]*/g) ?? [];
  return [
    ...names.filter((name) => forbiddenNames.has(name)),
    ...identifiers.filter((name) => partsOf(name).some((part) => forbiddenParts.has(part))),
  ];
}

function partsOf(name: string): readonly string[] {
  return name
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[ _$]+/);
}

describe('names in src', () => {
  it.each([
    ['const known = map.get(key);', ['known']],
    ['readonly #toldChanges: string[];', ['toldChanges']],
    ['for (const name of names) this.tell(name);', ['tell']],
    ['items.map((it) => it.name)', ['it']],
    ['const answer = "told"; // what the client was told', []],
    ['const taskQueue = [];', []],
  ])('are recognised: %s', (line, names) => {
    expect(oddNames(line)).toEqual(names);
  });

  it('are terms of the field: no pronoun and no participle', () => {
    const files = globSync('src/**/*.{ts,tsx}').filter((file) => !vocabulary.includes(file.replaceAll('\\', '/')));
    expect(files.length).toBeGreaterThan(400);
    const odd = files.flatMap((file) =>
      readFileSync(file, 'utf8')
        .split('\n')
        .flatMap((line, index) => oddNames(line).map((name) => `${file}:${index + 1}: ${name}`)),
    );
    expect(odd).toEqual([]);
  });

  it('are not found in comments that refer to documents outside the repository', () => {
    const outside = /\b(?:issue #?\d+|design\.md|contracts\.md|hardening\.md|house-style\.md|\w+-conventions\.md)/i;
    const wrong = globSync('src/**/*.{ts,tsx}').flatMap((file) =>
      readFileSync(file, 'utf8')
        .split('\n')
        .flatMap((line, index) => (outside.test(line) ? [`${file}:${index + 1}: ${line.trim()}`] : [])),
    );
    expect(wrong).toEqual([]);
  });
});
