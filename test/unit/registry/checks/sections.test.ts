import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'graphql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createPromptFolder } from '../../../../src/ai/fields/index.ts';
import { loadConfig, type ResolvedConfig } from '../../../../src/config/index.ts';
import { GatewayError } from '../../../../src/errors/index.ts';
import { createLogger } from '../../../../src/observability/index.ts';
import type { DocumentPrice, Pricer } from '../../../../src/open-pricer.ts';
import { isLooser } from '../../../../src/registry/checks/sections/compare-rules.ts';
import { contractDrafts } from '../../../../src/registry/checks/sections/contract-drafts.ts';
import { costDrafts } from '../../../../src/registry/checks/sections/cost-section.ts';
import { newHints } from '../../../../src/registry/checks/sections/lint-section.ts';
import { priceOperations } from '../../../../src/registry/checks/sections/price-operations.ts';
import { testChangedPrompts } from '../../../../src/registry/checks/sections/prompt-tests.ts';
import { withAssumedSizes } from '../../../../src/registry/checks/sections/with-assumed-sizes.ts';
import type { AccessRule, CompositionProblem } from '../../../../src/supergraph/index.ts';

const authenticated: AccessRule = { kind: 'authenticated' };
const scopes = (...anyOf: readonly (readonly string[])[]): AccessRule => ({ kind: 'scopes', anyOf });
const policies = (...anyOf: readonly (readonly string[])[]): AccessRule => ({ kind: 'policies', anyOf });
const mask = (as: string): AccessRule => ({ kind: 'mask', forms: [{ policy: 'p', as }] });

describe('rules', () => {
  it.each<[string, AccessRule, readonly AccessRule[], boolean]>([
    ['without any, everyone is let through', authenticated, [], true],
    ['the same rule lets nobody else through', authenticated, [authenticated], false],
    ['who has scopes is authenticated', authenticated, [scopes(['a'])], false],
    ['a policy may let anonymous callers through', authenticated, [policies(['a'])], true],
    ['a further alternative lets others through', scopes(['a']), [scopes(['a'], ['b'])], true],
    ['one alternative less does not', scopes(['a'], ['b']), [scopes(['a'])], false],
    ['more scopes together do not', scopes(['a']), [scopes(['a', 'b'])], false],
    ['fewer scopes together do', scopes(['a', 'b']), [scopes(['a'])], true],
    ['another scope does', scopes(['a']), [scopes(['b'])], true],
    ['a rule beside it does not matter', scopes(['a']), [authenticated, scopes(['a'])], false],
    ['a policy is no scope', scopes(['a']), [policies(['a'])], true],
    ['another mask shows other things', mask('email'), [mask('whole')], true],
  ])('%s', (_name, rule, rules, looser) => {
    expect(isLooser(rule, rules)).toBe(looser);
  });
});

describe('contracts', () => {
  const of = (contracts: Readonly<Record<string, readonly string[]>>, elements: readonly string[]) => ({
    contracts: new Map(Object.entries(contracts).map(([name, hidden]) => [name, new Set(hidden)])),
    elements: new Set(elements),
  });

  it('show and hide types as a whole, and arguments as what they are', () => {
    const elements = ['Query', 'Query.pet', 'Query.pet(id:)', 'Pet', 'Pet.name', 'Pet.tag'];
    const drafts = contractDrafts(
      of({ public: ['Pet', 'Pet.name', 'Query.pet(id:)'] }, elements),
      of({ public: ['Pet.tag'] }, elements),
      () => [],
    );
    expect(drafts.map(({ code, subject }) => `${code} ${subject}`)).toEqual([
      'CONTRACT_SHOWS Pet',
      'CONTRACT_SHOWS Query.pet.id',
      'CONTRACT_HIDES Pet.tag',
    ]);
  });

  it('come and go', () => {
    const drafts = contractDrafts(of({ old: [] }, []), of({ young: [] }, []), () => []);
    expect(drafts.map(({ code, severity }) => `${severity} ${code}`)).toEqual([
      'warning CONTRACT_REMOVED',
      'info CONTRACT_ADDED',
    ]);
  });
});

describe('hints of composition', () => {
  it('are warnings where they are new, whatever their lines', () => {
    const hint = (message: string, line: number): CompositionProblem => ({
      severity: 'hint',
      code: 'OVERRIDE_DIRECTIVE_CAN_BE_REMOVED',
      message,
      places: [{ subgraph: 'shop', origin: 'shop.graphql', line }],
      suggestedFix: 'take it out',
    });
    const drafts = newHints([hint('old', 3)], [hint('old', 9), hint('new', 4)]);
    expect(drafts).toEqual([
      {
        severity: 'warning',
        code: 'OVERRIDE_DIRECTIVE_CAN_BE_REMOVED',
        message: 'new',
        places: [{ subgraph: 'shop', file: 'shop.graphql', line: 4 }],
        suggestedFix: 'take it out',
      },
    ]);
  });
});

describe('costs', () => {
  const priced = (estimated: number): DocumentPrice =>
    ({ operation: 'Q', estimated, fetches: 1, nanoUsd: 0n }) as unknown as DocumentPrice;
  const operation = { name: 'Q', document: '{ a }', operationName: 'Q', requests: 5 };
  const of = (before: number, after: number) => [{ operation, before: priced(before), after: priced(after) }];

  it.each([
    [
      'a lower limit refuses what costs the same',
      of(50, 50),
      { before: 100, after: 40 },
      ['error OPERATION_TOO_EXPENSIVE'],
    ],
    ['what was refused before is no error', of(500, 600), { before: 100, after: 100 }, ['warning OPERATION_COST']],
    ['what becomes cheaper is told', of(50, 40), { before: 100, after: 100 }, ['info OPERATION_COST']],
    ['what stays is not', of(50, 50), { before: 100, after: 100 }, []],
  ])('%s', (_name, prices, max, expected) => {
    expect(costDrafts(prices, max).map(({ severity, code }) => `${severity} ${code}`)).toEqual(expected);
  });

  it('of an operation that has no plan any more are an error', () => {
    const [draft] = costDrafts([{ operation, before: priced(1), after: 'too long' }], { before: 9, after: 9 });
    expect(draft).toMatchObject({ severity: 'error', code: 'OPERATION_UNPLANNABLE' });
  });

  it('leave out what is not planned in time', async () => {
    const pricer = { price: async () => [priced(1)] } as unknown as Pricer;
    const ended = await priceOperations([operation, operation], { before: pricer, after: pricer, timeoutMs: -1 });
    expect(ended).toEqual({ prices: [], late: 2 });
  });

  it('are not told where the planners of this machine fail', async () => {
    const error = new GatewayError('OVERLOADED', { detail: 'no planner process starts' });
    const failing = { price: () => Promise.reject(error) } as unknown as Pricer;
    const failed = priceOperations([operation], { before: failing, after: failing });
    await expect(failed).rejects.toBe(error);
  });
});

describe('documents of traffic', () => {
  it('have lists of the assumed size where their numbers have been taken out', () => {
    const text = withAssumedSizes('{ products(first: 0, factor: 0.0) { reviews(first: 5) { id } } }', 10);
    expect(text).toContain('products(first: 10, factor: 0.0)');
    expect(text).toContain('reviews(first: 5)');
    expect(() => parse(text)).not.toThrow();
    expect(withAssumedSizes('{ never', 10)).toBe('{ never');
  });
});

describe('the tests of changed prompts', () => {
  const log = createLogger({ level: 'silent' });
  const prompt = (expected: string, model = 'fast') =>
    `---\nmodel: ${model}\ntests:\n  - { name: kettle, input: { name: Kettle }, expect: { contains: ${expected} } }\n---\n{{name}} is wonderful.`;
  let folder: string;
  let config: ResolvedConfig;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'isthmus-prompts-'));
    await mkdir(join(folder, 'prompts'));
    await writeFile(join(folder, 'ai.graphql'), 'type Query { a: Int }');
    await writeFile(
      join(folder, 'supergraph.yaml'),
      `subgraphs: { ai: { ai: true, schema: { file: ai.graphql }, prompts: prompts } }
ai: { providers: { local: { kind: local } }, models: { fast: [local/extractive] } }\n`,
    );
    config = await loadConfig(join(folder, 'supergraph.yaml'), {});
  });
  afterAll(() => rm(folder, { recursive: true }));

  const partsWith = async (files: Readonly<Record<string, string>>) => ({
    config,
    sources: new Map(),
    prompts: new Map([['ai', await createPromptFolder(join(folder, 'prompts'), new Map(Object.entries(files)))]]),
  });

  it('run, those that are as before left out, and fail the check with what the model answered', async () => {
    const before = await partsWith({ 'same.prompt': prompt('never') });
    const after = await partsWith({
      'same.prompt': prompt('never'),
      'good.prompt': prompt('Kettle'),
      'bad.prompt': prompt('teapot'),
      'other.prompt': prompt('Kettle', 'missing'),
    });
    const { drafts, note } = await testChangedPrompts(before, after, { log });
    expect(drafts.map(({ severity, code, message }) => [severity, code, message])).toEqual([
      ['error', 'PROMPT_TEST_FAILED', 'bad: kettle fails: does not contain "teapot"'],
      ['warning', 'PROMPT_TEST_SKIPPED', 'other: kettle was not run: its model is not configured, or has no key'],
    ]);
    expect(note).toBe('tests of changed prompts that passed: 1; their calls cost $0');
  });
});
