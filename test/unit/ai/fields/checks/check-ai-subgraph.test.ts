import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  type AiSubgraphCheck,
  checkAiSubgraph,
  modelChecks,
  readPromptFolder,
  reportAiSubgraph,
  sensitiveFieldsOf,
} from '../../../../../src/ai/fields/index.ts';
import { CompositionError, compose } from '../../../../../src/supergraph/index.ts';

const link = `extend schema
  @link(url: "https://specs.apollo.dev/federation/v2.12", import: ["@key", "@external", "@requires"])
  @link(url: "https://isthmus.dev/ai/v1.0", import: ["@generate"])
`;
const sdl = `${link}enum Mood { GOOD BAD }
type Query { haiku(about: String!): String @generate(prompt: "haiku") }
type Review @key(fields: "id") {
  id: ID!
  body: String! @external
  mood: Mood @requires(fields: "body") @generate(prompt: "mood", maxOutputTokens: 20)
}`;
const prompts = {
  'mood.prompt': '---\nmodel: fast\n---\n{{role "system"}}Judge.\n{{role "user"}}{{body}}',
  'haiku.prompt': '---\nmodel: fast\nconfig: { maxOutputTokens: 40 }\n---\nAbout {{about}}.',
};

const models: AiSubgraphCheck['models'] = {
  aliases: ['fast', 'dear', 'plain'],
  fields: { maxInputTokens: 8_000, longInput: 'reject', maxChunks: 8 },
  unpriced: (alias) => (alias === 'dear' ? ['openai/own'] : []),
  cannot: (alias, needs) => (alias === 'plain' && needs === 'json' ? 'it has no JSON' : undefined),
};

async function checkOf(
  changed: string,
  files: Readonly<Record<string, string>> = prompts,
  more: Partial<AiSubgraphCheck> = {},
): Promise<AiSubgraphCheck> {
  const folder = await mkdtemp(join(tmpdir(), 'isthmus-prompts-'));
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  return {
    source: { name: 'assistant', url: '', sdl: changed, origin: 'assistant.graphql' },
    prompts: await readPromptFolder(folder),
    models,
    sensitive: new Map(),
    code: undefined,
    ...more,
  };
}

describe('checking an AI subgraph', () => {
  it('reports no problem of a valid subgraph', async () => {
    expect(checkAiSubgraph(await checkOf(sdl))).toEqual([]);
  });

  it.each([
    ['maxInputTokens: 0', 'maxInputTokens must be at least 1'],
    ['input: "summarise"', 'input: "summarise" is nothing that becomes of a long input'],
    ['input: "chunk", maxInputTokens: 200', 'do not fit into an input of 200'],
  ])('refuses a bound of its input that cannot be: %s', async (argument, message) => {
    const changed = sdl.replace('@generate(prompt: "haiku")', `@generate(prompt: "haiku", ${argument})`);
    const [problem, ...others] = checkAiSubgraph(await checkOf(changed));
    expect(problem).toMatchObject({ code: 'AI_FIELD_INVALID', message: expect.stringContaining(message) });
    expect(others).toEqual([]);
    // As the suggested fix says.
    const fixed = changed.replace(
      'maxInputTokens: 200',
      `maxInputTokens: ${/\d+/.exec(problem?.suggestedFix ?? '')?.[0]}`,
    );
    if (argument.includes('200')) expect(checkAiSubgraph(await checkOf(fixed))).toEqual([]);
  });

  const haiku = (text: string) => ({ ...prompts, 'haiku.prompt': text });
  const query = 'haiku(about: String!): String @generate(prompt: "haiku")';
  it.each([
    [
      'a prompt that is not there',
      sdl.replace('"haiku"', '"sonnet"'),
      prompts,
      'AI_PROMPT_INVALID',
      5,
      'sonnet.prompt',
    ],
    ['a prompt outside its folder', sdl.replace('"haiku"', '"../haiku"'), prompts, 'AI_PROMPT_INVALID', 5, 'named by'],
    ['a prompt that cannot be read', sdl, haiku('a\n{{#each'), 'AI_PROMPT_INVALID', 5, 'haiku.prompt:2'],
    ['a value in instructions', sdl, haiku('{{role "system"}}{{about}}'), 'AI_PROMPT_INVALID', 5, 'system block'],
    ['a label that is not there', sdl.replace('"haiku"', '"haiku#live"'), prompts, 'AI_PROMPT_INVALID', 5, 'no label'],
    [
      'an unknown variable',
      sdl,
      haiku('---\nmodel: fast\nconfig: { maxOutputTokens: 4 }\n---\n{{about}}\n{{me}}'),
      'AI_VARIABLE_UNKNOWN',
      5,
      'haiku.prompt:6',
    ],
    [
      'a misspelt name below a variable',
      `${sdl.replace('fields: "body"', 'fields: "body author { name }"').replace('body: String! @external', 'body: String! @external  author: Author @external')}\ntype Author { name: String @external }`,
      { ...prompts, 'mood.prompt': '---\nmodel: fast\n---\n{{body}}\n{{author.nmae}}' },
      'AI_VARIABLE_UNKNOWN',
      9,
      'author has no nmae by @requires',
    ],
    ['a mutation', sdl.replace('type Query', 'type Mutation'), prompts, 'AI_FIELD_INVALID', 5, 'Mutation does more'],
    ['no upper bound', sdl, haiku('---\nmodel: fast\n---\nx'), 'AI_OUTPUT_UNBOUNDED', 5, 'bounds'],
    ['a bound of nothing', sdl.replace(': 20', ': 0'), prompts, 'AI_OUTPUT_UNBOUNDED', 9, 'at least 1'],
    ['an unknown model', sdl.replace('"haiku")', '"haiku", model: "smart")'), prompts, 'AI_MODEL_UNKNOWN', 5, 'smart'],
    ['no model', sdl, haiku('---\nconfig: { maxOutputTokens: 5 }\n---\nx'), 'AI_MODEL_UNKNOWN', 5, 'no model is named'],
    [
      'an unpriced model',
      sdl.replace('"haiku")', '"haiku", model: "dear")'),
      prompts,
      'AI_PRICE_UNKNOWN',
      5,
      'openai/own',
    ],
    [
      'a model that cannot',
      sdl.replace('"mood",', '"mood", model: "plain",'),
      prompts,
      'AI_MODEL_INCAPABLE',
      9,
      'no JSON',
    ],
    [
      'a lifetime below zero',
      sdl.replace('"haiku")', '"haiku", cacheTtl: -1)'),
      prompts,
      'AI_FIELD_INVALID',
      5,
      'cacheTtl',
    ],
    [
      'a type that no model writes',
      `${sdl.replace(query, query.replace(': String @', ': Odd @'))} type Odd { a(b: Int): Int }`,
      prompts,
      'AI_TYPE_UNSUPPORTED',
      5,
      'Odd.a takes the argument',
    ],
    [
      '@requires outside entities',
      `${sdl} type Plain { body: String @external\n odd: String @requires(fields: "body") @generate(prompt: "mood", maxOutputTokens: 9) }`,
      prompts,
      'AI_FIELD_INVALID',
      11,
      'entities only',
    ],
    ['a prompt that says nothing', sdl, haiku('---\nmodel: fast\n---\n \n'), 'AI_PROMPT_INVALID', 5, 'haiku.prompt:4'],
    [
      'a model that its prompt names wrongly',
      sdl,
      haiku('---\nconfig: { maxOutputTokens: 5 }\nmodel: fsat\n---\nx'),
      'AI_MODEL_UNKNOWN',
      5,
      'haiku.prompt:3',
    ],
    [
      'a field that is another subgraph’s',
      sdl.replace('@requires(fields: "body")', '@external'),
      { ...prompts, 'mood.prompt': '---\nmodel: fast\n---\nx' },
      'AI_FIELD_INVALID',
      9,
      'it is @external',
    ],
    [
      'an argument in the place of what is required',
      sdl.replace('mood: Mood', 'mood(body: String): Mood'),
      prompts,
      'AI_FIELD_INVALID',
      9,
      '"body" is an argument and a @requires field',
    ],
    [
      'an interface’s field',
      `${sdl} interface Odd {\n odd: String @generate(prompt: "haiku") }`,
      prompts,
      'AI_FIELD_INVALID',
      11,
      'Odd.odd',
    ],
  ])('names %s, with its line and a suggested fix', async (_name, changed, files, code, line, words) => {
    const problems = checkAiSubgraph(await checkOf(changed, files));
    expect(problems.map((one) => one.code)).toEqual([code]);
    expect(problems[0]).toMatchObject({
      severity: 'error',
      message: expect.stringContaining(words),
      places: [{ subgraph: 'assistant', origin: 'assistant.graphql', line }],
      suggestedFix: expect.stringMatching(/\w{3}/),
    });
  });

  it('lists the existing models if one does not exist', async () => {
    const [problem] = checkAiSubgraph(await checkOf(sdl.replace('"haiku")', '"haiku", model: "smart")')));
    expect(problem?.suggestedFix).toContain('ai.models (fast, dear, plain)');
  });

  it('checks every version that a label may choose', async () => {
    const files = {
      ...prompts,
      'haiku@1.prompt': prompts['haiku.prompt'],
      'haiku@2.prompt': '---\nmodel: smart\n---\n{{mood}}',
      'labels.yaml': 'haiku: { live: { 1: 99, 2: 1 } }',
    };
    const problems = checkAiSubgraph(await checkOf(sdl.replace('"haiku"', '"haiku#live"'), files));
    expect(problems.map(({ code }) => code)).toEqual([
      'AI_VARIABLE_UNKNOWN',
      'AI_OUTPUT_UNBOUNDED',
      'AI_MODEL_UNKNOWN',
    ]);
  });

  it('names the file of the version that is wrong, and the version that is without a bound', async () => {
    const broken = { ...prompts, 'haiku@2.prompt': 'a\n{{> gone}}', 'labels.yaml': 'haiku: { live: { 2: 1 } }' };
    const labelled = sdl.replace('"haiku"', '"haiku#live"');
    expect(checkAiSubgraph(await checkOf(labelled, broken))).toMatchObject([
      {
        code: 'AI_PROMPT_INVALID',
        message: expect.stringMatching(/haiku@2\.prompt:2\)$/),
        suggestedFix: expect.stringMatching(/haiku@2\.prompt$/),
      },
    ]);
    const unbounded = { ...broken, 'haiku@2.prompt': '---\nmodel: fast\n---\n{{about}}' };
    expect(checkAiSubgraph(await checkOf(labelled, unbounded))).toMatchObject([
      { code: 'AI_OUTPUT_UNBOUNDED', message: expect.stringContaining('"haiku@2"') },
    ]);
  });

  it('reports a directive without a prompt', async () => {
    const problems = checkAiSubgraph(await checkOf(sdl.replace('@generate(prompt: "haiku")', '@generate')));
    expect(problems).toMatchObject([{ code: 'AI_PROMPT_INVALID', message: 'Query.haiku: no prompt is named' }]);
  });

  it('accepts variables that the subgraph’s code supplies, and refuses code for fields that do not exist', async () => {
    const reading = { ...prompts, 'mood.prompt': '---\nmodel: fast\n---\n{{body}} {{season}}' };
    const mood = { variables: ['season'], inputs: () => ({ season: 'spring' }) };
    const code = { hash: '', fields: new Map([['Review.mood', mood]]) };
    expect(checkAiSubgraph(await checkOf(sdl, reading, { code }))).toEqual([]);
    const stray = {
      hash: '',
      fields: new Map([
        ['Review.mood', mood],
        ['Review.body', mood],
      ]),
    };
    const problems = checkAiSubgraph(await checkOf(sdl, reading, { code: stray }));
    expect(problems).toMatchObject([{ code: 'AI_CODE_INVALID', message: expect.stringContaining('Review.body') }]);
  });

  it('ignores SDL that cannot be parsed: composition reports it', async () => {
    expect(checkAiSubgraph(await checkOf('type Query {'))).toEqual([]);
  });
});

describe('the report of an AI subgraph', () => {
  const accounts = `extend schema
    @link(url: "https://specs.apollo.dev/federation/v2.12", import: ["@key"])
    @link(url: "https://isthmus.dev/ai/v1.0", import: ["@sensitive"])
  type Query { me: User }
  type User @key(fields: "id") { id: ID!  name: String!  email: String @sensitive  diagnosis: String @sensitive(kind: "health") }`;

  it('names the personal data a field reads, however deep', async () => {
    const changed = `${sdl} type Case @key(fields: "id") { id: ID! parties: [Party!]! @external
      note: String @requires(fields: "parties { ... on User { email name } }") @generate(prompt: "note", maxOutputTokens: 9) }
      union Party = User | Firm
      type Firm { name: String @external }
      type User @key(fields: "id") { id: ID! email: String @external name: String! @external diagnosis: String @external
      gist: String @requires(fields: "diagnosis") @generate(prompt: "note", maxOutputTokens: 9) }`;
    const check = await checkOf(changed, { ...prompts, 'note.prompt': '---\nmodel: fast\n---\nx' });
    const { report } = reportAiSubgraph({ ...check, sensitive: await sensitiveFieldsOf([{ sdl: accounts }]) });
    expect(report).toEqual([
      'assistant: Case.note reads User.email (personal): masked',
      'assistant: User.gist reads User.diagnosis (health): masked',
    ]);
  });

  it('reports inputs that are not read, supplied or declared', async () => {
    const { hints } = reportAiSubgraph(
      await checkOf(sdl, {
        ...prompts,
        'mood.prompt': '---\nmodel: fast\ninput: { schema: { season: string } }\n---\nx',
        'haiku.prompt': '---\nmodel: fast\ninput: { schema: { title?: string } }\n---\n{{about}}',
      }),
    );
    expect(hints.map(({ severity, code, message }) => [severity, code, message.split(':')[0]])).toEqual([
      ['hint', 'AI_INPUT_UNDECLARED', 'Query.haiku'],
      ['hint', 'AI_INPUT_UNUSED', 'Review.mood'],
      ['hint', 'AI_INPUT_MISSING', 'Review.mood'],
    ]);
  });
});

describe('a field that nothing answers', () => {
  it('is hinted at with its line: it would be null for every client', async () => {
    const changed = sdl
      .replace('type Query {', 'type Query { desk: Desk  desks: [Desk]\n forgotten: Int\n')
      .replace('body: String! @external', 'body: String! @external\n  title: String!')
      .concat(' type Desk { motto: String @generate(prompt: "motto", maxOutputTokens: 9)  empty: String }');
    const { hints } = reportAiSubgraph(
      await checkOf(changed, { ...prompts, 'motto.prompt': '---\nmodel: fast\n---\nA motto' }),
    );
    expect(hints.map(({ code, message, places }) => [code, message.split(':')[0], places[0]?.line])).toEqual(
      expect.arrayContaining([
        ['AI_FIELD_UNANSWERED', 'Query.desks', 5],
        ['AI_FIELD_UNANSWERED', 'Query.forgotten', 6],
        ['AI_FIELD_UNANSWERED', 'Review.title', 11],
        ['AI_FIELD_UNANSWERED', 'Desk.empty', 13],
      ]),
    );
    expect(hints).toHaveLength(4);
  });

  it('is not reported for an object that a model writes, a key, or a type of another subgraph', async () => {
    const changed = `${sdl.replace('Mood @requires', 'Verdict @requires')}
      type Verdict { mood: Mood  because: Reason }  type Reason { words: [String!] }
      type Shop @key(fields: "owner { name }") @key(fields: "code") { code: ID!  owner: Owner! }
      type Owner @external { name: String! }`;
    expect(reportAiSubgraph(await checkOf(changed)).hints).toEqual([]);
  });
});

describe('capabilities of the configured models', () => {
  const target = (reference: string, capabilities?: readonly string[]) => {
    const [provider, model] = reference.split('/');
    return { provider, model, capabilities };
  };
  const { cannot } = modelChecks({
    providers: [
      { name: 'local', kind: 'local' },
      { name: 'own', kind: 'openai' },
    ],
    models: {
      embedding: { targets: [target('local/use-lite')] },
      mixed: { targets: [target('local/use-lite'), target('local/extractive')] },
      other: { targets: [target('own/use-lite')] },
      plain: { targets: [target('own/plain', ['tools'])] },
    },
  } as unknown as Parameters<typeof modelChecks>[0]);

  it('include writing, except for the built-in embedding model', () => {
    expect(cannot('embedding', 'text')).toContain('of the built-in models only extractive');
    expect(cannot('embedding', 'json')).toContain('of the built-in models only extractive');
    for (const alias of ['mixed', 'other']) expect(cannot(alias, 'json')).toBeUndefined();
    expect(cannot('plain', 'text')).toBeUndefined();
    expect(cannot('plain', 'json')).toContain('capability json');
  });
});

describe('a field that requires protected data', () => {
  const federation = 'https://specs.apollo.dev/federation/v2.12';
  const reviews = (rule: string) => ({
    name: 'reviews',
    url: 'http://127.0.0.1:1/graphql',
    origin: 'reviews.graphql',
    sdl: `extend schema @link(url: "${federation}", import: ["@key", "@authenticated", "@requiresScopes", "@policy"])
      type Query { review: Review }
      type Review @key(fields: "id") { id: ID! body: String! ${rule} }`,
  });
  const assistant = (rule: string) => ({
    name: 'assistant',
    url: '',
    origin: 'assistant.graphql',
    sdl: `${link.replace('"@requires"', '"@requires", "@authenticated", "@requiresScopes", "@policy"')}
      type Review @key(fields: "id") { id: ID! body: String! @external
        mood: String ${rule} @requires(fields: "body") @generate(prompt: "mood", maxOutputTokens: 20) }`,
  });

  it.each(['@authenticated', '@requiresScopes(scopes: [["read:reviews"]])', '@policy(policies: [["reviewer"]])'])(
    'must carry its rule %s, or composition fails',
    async (rule) => {
      const failure: unknown = await compose([reviews(rule), assistant('')]).catch((error: unknown) => error);
      expect(failure).toBeInstanceOf(CompositionError);
      expect((failure as CompositionError).message).toContain('Review.mood');
      expect((failure as CompositionError).message).toContain('MISSING_TRANSITIVE_AUTH_REQUIREMENTS');
      const composed = await compose([reviews(rule), assistant(rule)]);
      expect(composed.supergraphSdl).toContain('@generate');
    },
  );
});
