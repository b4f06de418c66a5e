/** Composition problems come with a fix to paste, and with the name that was probably meant. */
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../../src/config/index.ts';
import { readSupergraph } from '../../../src/read-supergraph.ts';
import { CompositionError, type CompositionProblem, formatProblems } from '../../../src/supergraph/index.ts';

const federation = 'https://specs.apollo.dev/federation/v2.12';
const ai = 'https://isthmus.dev/ai/v1.0';
const latest = 'https://isthmus.dev/ai/v1.1';
const head = `extend schema @link(url: "${federation}", import: ["@key", "@external", "@requires"])\n`;
const whole = `${head}extend schema @link(url: "${ai}", import: ["@generate"])\n`;
const haiku = 'haiku(about: String): String @generate(prompt: "haiku", maxOutputTokens: 40)';
const prompt = '---\nmodel: fast\n---\nAbout {{about}}.\n';

async function outcome(
  sdl: string,
  options: { readonly prompts?: string; readonly prompt?: string; readonly plain?: boolean } = {},
): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'isthmus-words-'));
  await writeFile(join(folder, 'schema.graphql'), sdl);
  await writeFile(join(folder, 'haiku.prompt'), options.prompt ?? prompt);
  const subgraph =
    options.plain === true
      ? '{ routing_url: "http://127.0.0.1:1", schema: { file: schema.graphql } }'
      : `{ ai: true, schema: { file: schema.graphql }, prompts: ${options.prompts ?? '.'} }`;
  await writeFile(join(folder, 'supergraph.yaml'), `subgraphs: { poems: ${subgraph} }\n`);
  const problems: readonly CompositionProblem[] = await readSupergraph(
    await loadConfig(join(folder, 'supergraph.yaml'), {}),
  ).then(
    ({ composition }) => composition.hints,
    (error: unknown) => {
      if (error instanceof CompositionError) return error.problems;
      throw error;
    },
  );
  return formatProblems(problems);
}

describe('a directive without its import', () => {
  it.each([
    [
      '@generate',
      `${head}type Query { ${haiku} }`,
      `add: extend schema @link(url: "${latest}", import: ["@generate"])`,
    ],
    [
      '@sensitive beside @generate',
      `${head}type Query { ${haiku} secret: String @sensitive }`,
      `import: ["@generate", "@sensitive"])`,
    ],
    [
      '@generate and federation',
      `type Query { ${haiku} }`,
      `extend schema @link(url: "${latest}", import: ["@generate"])`,
    ],
    ['federation', `extend schema @link(url: "${ai}", import: ["@generate"])\ntype Query { ${haiku} }`, federation],
    [
      '@shareable',
      `${head}type Query { a: Int @shareable }`,
      'add "@shareable" to the import of the link to federation',
    ],
    [
      '@sensitive',
      `${whole}type Query { a: Int @sensitive }`,
      'add "@sensitive" to the import of the link to https://isthmus.dev/ai',
    ],
    ['@generte', `${whole}type Query { a: String @generte(prompt: "haiku") }`, 'did you mean @generate?'],
    ['@depricated', `${head}type Query { a: String @depricated }`, 'did you mean @deprecated?'],
  ])('%s is told with the line to paste, or what was meant', async (_name, sdl, words) => {
    expect(await outcome(sdl, { plain: !sdl.includes('haiku') })).toContain(words);
  });

  it('composes once the line is pasted', async () => {
    const sdl = `${head}type Query { ${haiku} }`;
    const line = /add: (extend schema .*)$/m.exec(await outcome(sdl))?.[1] ?? '';
    expect(await outcome(`${line}\n${sdl}`)).toBe('');
  });
});

describe('an AI field', () => {
  it('with a wrong folder of prompts names the key to correct', async () => {
    const told = await outcome(`${whole}type Query { ${haiku} }`, { prompts: 'promts' });
    expect(told).toContain('correct subgraphs.poems.prompts in supergraph.yaml');
  });

  it('has suggestions for the prompt, model and variable', async () => {
    const wrongPrompt = haiku.replace('prompt: "haiku"', 'prompt: "hiaku"');
    expect(await outcome(`${whole}type Query { ${wrongPrompt} }`)).toContain('did you mean "haiku"?');
    const wrongModel = haiku.replace('prompt:', 'model: "fsat", prompt:');
    expect(await outcome(`${whole}type Query { ${wrongModel} }`)).toContain(
      'there is no model "fsat"; did you mean "fast"?',
    );
    const wrongVariable = { prompt: prompt.replace('about', 'abuot') };
    expect(await outcome(`${whole}type Query { ${haiku} }`, wrongVariable)).toContain('did you mean {{about}}?');
  });

  it('that is never null has a hint, and a nullable one has none', async () => {
    expect(await outcome(`${whole}type Query { ${haiku} }`)).toBe('');
    const hint = await outcome(`${whole}type Query { ${haiku.replace(': String @', ': String! @')} }`);
    expect(hint).toMatch(/^hint AI_FIELD_NON_NULL in poems \(.*schema\.graphql:3\)/);
    expect(hint).toContain('take the ! off its type');
  });
});

describe('a subscription', () => {
  it.each([
    ['type Subscription', 'type Subscription { ticks: Int }'],
    ['a renamed one', 'schema { query: Query subscription: Live } type Live { ticks: Int }'],
  ])('%s gets a hint', async (_name, sdl) => {
    const hint = await outcome(`${sdl.startsWith('schema') ? '' : head}type Query { a: Int }\n${sdl}`, { plain: true });
    expect(hint).toContain('hint SUBSCRIPTION_NOT_SERVED in poems');
  });
});
