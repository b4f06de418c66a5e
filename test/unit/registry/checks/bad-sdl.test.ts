/** SDL that is wrong in every way that owners have found: each is answered with a code, its place and what to do. */
import { describe, expect, it } from 'vitest';
import { createLogger } from '../../../../src/observability/index.ts';
import { examineInWorker } from '../../../../src/registry/checks/examine/examine-in-worker.ts';
import { checkChange, ExamineError, type Finding, writeText } from '../../../../src/registry/checks/index.ts';
import { lintSource } from '../../../../src/registry/checks/lint/lint-source.ts';
import { CompositionError, compose } from '../../../../src/supergraph/index.ts';
import { window } from './fixed-usage.ts';

const log = createLogger({ level: 'silent' });
const linked = (rest: string, url = 'https://specs.apollo.dev/federation/v2.12', imports = '["@key"]'): string =>
  `extend schema @link(url: "${url}", import: ${imports})\n${rest}`;

async function errorsOf(sdl: string): Promise<readonly Finding[]> {
  const after = await compose([{ name: 's', url: '', sdl, origin: 's.graphql' }]).catch((error: unknown) => error);
  if (!(after instanceof CompositionError)) throw new Error('it composes');
  const report = await checkChange({ before: undefined, after, usage: undefined, window, log });
  expect(report.outcome).toBe('failed');
  expect(writeText(report).length).toBeLessThan(5_000);
  return report.sections[0]?.findings ?? [];
}

describe('a check of', () => {
  it.each([
    ['an unfinished type', 'type Query {', 'INVALID_GRAPHQL', 1],
    ['a field without a type', linked('type Query { a: }'), 'INVALID_GRAPHQL', 2],
    ['an empty file', '', 'INVALID_GRAPHQL', 1],
    ['white space', '\n \n', 'INVALID_GRAPHQL', 3],
    ['a comment alone', '# to do', 'INVALID_GRAPHQL', 1],
    ['JSON', '{"data":{"__schema":{}}}', 'INVALID_GRAPHQL', 1],
    ['HTML', '<!doctype html>', 'INVALID_GRAPHQL', 1],
    ['binary data', '\u0000\u0001PNG\ufffd', 'INVALID_GRAPHQL', 1],
    ['an operation', 'query Q { a }', 'INVALID_GRAPHQL', 1],
    ['a directive that nobody defines', linked('type Query { a: Int @nope }'), 'INVALID_GRAPHQL', 2],
    ['a type that nobody defines', linked('type Query { a: Nope }'), 'INVALID_GRAPHQL', 2],
    [
      'a type that is defined twice',
      linked('type Query { a: T }\ntype T { a: Int }\ntype T { b: Int }'),
      'INVALID_GRAPHQL',
      3,
    ],
    [
      'interfaces that implement each other',
      linked('type Query { a: A }\ninterface A implements B { id: ID }\ninterface B implements A { id: ID }'),
      'INVALID_GRAPHQL',
      3,
    ],
    [
      'an input object that needs itself',
      linked('type Query { a(i: I!): Int }\ninput I { i: I! }'),
      'INVALID_GRAPHQL',
      3,
    ],
    ['a name of GraphQL’s own', linked('type Query { __a: Int }'), 'INVALID_GRAPHQL', 2],
    [
      'a version of federation that there is not',
      linked('type Query { a: Int }', 'https://specs.apollo.dev/federation/v9.9'),
      'UNKNOWN_FEDERATION_LINK_VERSION',
      1,
    ],
    [
      'an import that there is not',
      linked('type Query { a: Int }', undefined, '["@kee"]'),
      'INVALID_LINK_DIRECTIVE_USAGE',
      1,
    ],
    ['an import that is no list', linked('type Query { a: Int }', undefined, '3'), 'INVALID_LINK_DIRECTIVE_USAGE', 1],
    [
      'a key that is no selection',
      linked('type Query { a: T }\ntype T @key(fields: "id {") { id: ID! }'),
      'KEY_INVALID_FIELDS',
      3,
    ],
    [
      'a key of a field that there is not',
      linked('type Query { a: T }\ntype T @key(fields: "sku") { id: ID! }'),
      'KEY_INVALID_FIELDS',
      3,
    ],
    ['an extension of nothing', linked('type Query { a: Int }\nextend type Z { a: Int }'), 'EXTENSION_WITH_NO_BASE', 3],
    ['no query at all', linked('type T @key(fields: "id") { id: ID! }'), 'NO_QUERIES', undefined],
    ['more tokens than a schema has', `type Query { ${'a: Int '.repeat(400_000)} }`, 'INVALID_GRAPHQL', 1],
  ])('%s says so', async (_name, sdl, code, line) => {
    const [first] = await errorsOf(sdl);
    expect(first?.code).toBe(code);
    expect(first?.places[0]?.line).toBe(line);
    expect(first?.suggestedFix).toMatch(/\w+ \w+/);
    const { findings } = await lintSource(sdl);
    expect(findings.every(({ message, suggestedFix }) => message !== '' && suggestedFix !== '')).toBe(true);
  });

  it('an enum that nothing uses names its line', async () => {
    const sdl = linked('type Query { a: Int }\nenum Currency { USD }');
    const { hints } = await compose([{ name: 's', url: '', sdl, origin: 's.graphql' }]);
    expect(hints).toMatchObject([
      { code: 'UNUSED_ENUM_TYPE', places: [{ subgraph: 's', origin: 's.graphql', line: 3 }] },
    ]);
  });

  it('schemas that take longer than the bound ends then', async () => {
    const many = Array.from({ length: 2_000 }, (_, index) => `type T${index} { a: Int }`).join('\n');
    const sources = [{ name: 's', origin: 's.graphql', sdl: many }];
    const examined = examineInWorker({ after: { apiSdl: '', sources }, timeoutMs: 1 });
    await expect(examined).rejects.toThrow(ExamineError);
    await expect(examined).rejects.toThrow('they take longer than 1 ms');
  });

  it('schemas with more findings than anyone reads has the first of them', async () => {
    const many = linked(Array.from({ length: 1_500 }, (_, index) => `type T${index} { a: Int }`).join('\n'));
    const sources = [{ name: 's', origin: 's.graphql', sdl: many }];
    const { lint, unlistedFindings } = await examineInWorker({ after: { apiSdl: '', sources } });
    expect(lint).toHaveLength(1_000);
    expect(unlistedFindings).toBe(501);
  });
});
