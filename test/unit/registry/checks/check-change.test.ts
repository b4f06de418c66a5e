/** Checks of a real change: what is composed, planned and priced is real; traffic is a table. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ConfigError } from '../../../../src/config/index.ts';
import { createLogger } from '../../../../src/observability/index.ts';
import { ownerOf } from '../../../../src/registry/checks/approvals/owners.ts';
import {
  approve,
  type CheckOptions,
  type CheckReport,
  checkChange,
  type Finding,
  relocate,
  writeText,
} from '../../../../src/registry/checks/index.ts';
import { finishSection } from '../../../../src/registry/checks/sections/draft.ts';
import { CompositionError } from '../../../../src/supergraph/index.ts';
import { type CheckedGraph, composeCheckedGraph } from './checked-graph.ts';
import { fixedUsage, usedOperation, window } from './fixed-usage.ts';

const log = createLogger({ level: 'silent' });
const operations = [
  usedOperation('Names', 'query Names { products { name } }', 600),
  usedOperation('Prices', 'query Prices { products { price } }', 300),
  usedOperation('Slogans', 'query Slogans { products(first: 0) { slogan } }', 100),
];
const usage = fixedUsage(1_000, { 'Product.price': 300, 'Product.name': 600 }, operations);
const trustedDocuments = [
  { ids: ['cart'], clientName: 'ios', text: '{ products { id price } }' },
  { ids: ['names'], clientName: undefined, text: '{ products { id name } }' },
  { ids: ['old'], clientName: undefined, text: '{ products { never } }' },
];
const owners = { 'Product.price': 'pricing', 'Note.*': 'staff' };

let graph: CheckedGraph;
let checked: (options?: Partial<CheckOptions>) => Promise<CheckReport>;
let report: CheckReport;
beforeAll(async () => {
  graph = await composeCheckedGraph();
  const { before, after } = graph;
  checked = (options) => checkChange({ before, after, usage, window, log, trustedDocuments, owners, ...options });
  report = await checked();
});
afterAll(() => graph.remove());

function findingsOf({ sections }: CheckReport, name: string): readonly Finding[] {
  return sections.find((section) => section.name === name)?.findings ?? [];
}

function codesOf(of: CheckReport, name: string): readonly string[] {
  return findingsOf(of, name).map(({ severity, code, subject = '' }) => `${severity} ${code} ${subject}`.trim());
}

describe('a check', () => {
  it('is plain JSON, with a section for each question', () => {
    expect(JSON.parse(JSON.stringify(report))).toEqual(report);
    expect(report.sections.map(({ name }) => name)).toEqual([
      'composition',
      'changes',
      'documents',
      'lint',
      'cost',
      'plans',
      'access',
      'ai',
    ]);
    expect(report.outcome).toBe('failed');
    expect(report.traffic).toMatchObject({ requests: 1_000 });
  });

  it('weighs changes by traffic, and names their places', () => {
    expect(codesOf(report, 'changes')).toEqual([
      'error FIELD_REMOVED Product.price',
      'info TYPE_ADDED shelf',
      'info FIELD_REMOVED Product.weight',
      'info FIELD_ADDED Query.shelves',
    ]);
    const [price, , weight] = findingsOf(report, 'changes');
    expect(price).toMatchObject({
      places: [{ subgraph: 'shop', line: 10 }],
      usage: { requests: 300, percent: 30, clients: [{ name: 'web', version: '1.2' }] },
      suggestedFix: expect.stringContaining('@deprecated'),
    });
    expect(weight).toMatchObject({ safeBecause: 'unused', usage: { requests: 0 } });
  });

  it('names the trusted documents and used operations that stop validating, and no others', () => {
    expect(codesOf(report, 'documents')).toEqual([
      'error TRUSTED_DOCUMENT_INVALID cart',
      'warning USED_OPERATION_INVALID Prices',
    ]);
  });

  it('lints what is new', () => {
    expect(codesOf(report, 'lint')).toEqual(['warning naming-convention shelf', 'warning require-description shelf']);
  });

  it('prices and plans the most used operations before and after', () => {
    expect(codesOf(report, 'cost')).toEqual([
      'error OPERATION_TOO_EXPENSIVE Names',
      'error OPERATION_TOO_EXPENSIVE Slogans',
    ]);
    expect(findingsOf(report, 'cost')[1]?.message).toMatch(/10 → 1500 points, \$0\.0055 → \$1\.65/);
    expect(findingsOf(report, 'plans').map(({ message }) => message)).toEqual([
      'Names: 1 → 2 requests to subgraphs; 600 requests',
      'Slogans: 2 → 3 requests to subgraphs; 100 requests',
    ]);
  });

  it('names what becomes readable to whom', () => {
    expect([...codesOf(report, 'access')].sort()).toEqual([
      'info CONTRACT_SHOWS_NEW Query.shelves',
      'info CONTRACT_SHOWS_NEW shelf',
      'warning ACCESS_OPENED Product.margin',
      'warning CONTRACT_SHOWS Product.supplier',
      'warning ROWS_OPENED Note',
    ]);
    const margin = findingsOf(report, 'access').find(({ subject }) => subject === 'Product.margin');
    expect(margin?.message).toContain('whoever satisfies @requiresScopes(scopes: [["margin:read"], ["staff"]])');
  });

  it('names prompts, models, prices and personal data that AI fields newly read', () => {
    expect(codesOf(report, 'ai')).toEqual([
      'warning AI_MODEL_CHANGED Product.slogan',
      'warning AI_PRICE_CHANGED Product.slogan',
      'warning AI_SENSITIVE_INPUT Product.slogan',
      'info PROMPT_CHANGED Product.slogan',
    ]);
    const [, price] = findingsOf(report, 'ai');
    expect(price?.message).toBe('Product.slogan: at most $0.0011 → $0.0033 an item');
  });

  it('shows the files of subgraphs as their owner has them', () => {
    const moved = relocate(report, new Map([['shop', 'schema/shop.graphql']]));
    expect(findingsOf(moved, 'changes')[0]?.places).toEqual([
      { subgraph: 'shop', file: 'schema/shop.graphql', line: 10 },
    ]);
    expect(findingsOf(moved, 'ai').at(-1)?.places[0]?.file).toMatch(/slogan\.prompt$/);
  });

  it('says why there is no candidate, and skips the rest', async () => {
    const place = { subgraph: 'shop', origin: 'shop.graphql', line: 3 };
    const problem = {
      severity: 'error',
      code: 'INVALID_GRAPHQL',
      message: 'Syntax Error',
      suggestedFix: 'close it',
    } as const;
    const broken = await checked({ after: new CompositionError([{ ...problem, places: [place] }]) });
    expect(broken.outcome).toBe('failed');
    expect(broken.sections[0]?.findings).toMatchObject([
      { code: 'INVALID_GRAPHQL', suggestedFix: 'close it', places: [{ file: 'shop.graphql', line: 3 }] },
    ]);
    expect(writeText(broken)).not.toContain('approve');
    expect(approve(broken, { changes: 'all', team: undefined, actor: 'cli:ann', at: 7 }).approvals).toEqual([]);
    expect(new Set(broken.sections.slice(1).map(({ outcome }) => outcome))).toEqual(new Set(['skipped']));
    const refused = await checked({
      after: new ConfigError('s.yaml', [{ path: 'limits.cost', line: 7, message: 'no' }]),
    });
    expect(refused.sections[0]?.findings).toMatchObject([
      { subject: 'limits.cost', message: 'limits.cost: no', places: [{ file: 's.yaml', line: 7 }] },
    ]);
  });

  it('of a first generation has nothing to compare with', async () => {
    const first = await checked({ before: undefined, after: graph.before });
    expect(first.outcome).toBe('failed'); // a trusted document of it has never validated
    expect(codesOf(first, 'documents')).toEqual(['error TRUSTED_DOCUMENT_INVALID old']);
    expect(codesOf(first, 'ai')).toContain('info AI_FIELD_ADDED Product.slogan');
  });

  it('of no change passes', async () => {
    const same = await checked({ after: graph.before });
    expect(same.outcome).toBe('passed');
    expect(same.sections.flatMap(({ findings }) => findings)).toEqual([]);
  });

  it('ends with its signal', async () => {
    const reason = new Error('the caller has gone');
    await expect(checked({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });
});

describe('owners', () => {
  it('are waited for where another team makes the change', () => {
    const waiting = report.sections.flatMap(({ findings }) => findings.filter(({ owner }) => owner !== undefined));
    expect(waiting.map(({ subject, owner }) => `${subject} ${owner}`)).toEqual(['Product.price pricing', 'Note staff']);
    expect(report.sections.find(({ name }) => name === 'changes')?.outcome).toBe('waiting');
  });

  it('approve for themselves alone, and what they have approved is remembered', async () => {
    const { approvals, refused } = approve(report, { changes: 'all', team: 'pricing', actor: 'cli:ann', at: 7 });
    expect(refused).toEqual([]);
    expect(approvals.map(({ subject }) => subject)).toEqual(['Product.price', 'cart', 'Names', 'Slogans']);
    const note = findingsOf(report, 'access').find(({ subject }) => subject === 'Note');
    const foreign = approve(report, { changes: [note?.change ?? ''], team: 'pricing', actor: 'cli:ann', at: 7 });
    expect(foreign).toEqual({
      approvals: [],
      refused: [{ change: note?.change, reason: 'it is for staff to approve' }],
    });
    const later = await checked({ approvals });
    expect(later.outcome).toBe('waiting');
    const price = findingsOf(later, 'changes').find(({ subject }) => subject === 'Product.price');
    expect(price).toMatchObject({ severity: 'error', approval: { actor: 'cli:ann', team: 'pricing', at: 7 } });
    const rest = approve(later, { changes: [note?.change ?? ''], team: 'staff', actor: 'cli:bob', at: 8 });
    const last = await checked({ approvals: [...approvals, ...rest.approvals] });
    expect(last.outcome).toBe('passed');
  });

  it('approve what they own of a change that their key may not make, and nothing else of it', () => {
    const by = { team: 'pricing', actor: 'key:a', at: 7, ownedOnly: true };
    const { approvals } = approve(report, { ...by, changes: 'all' });
    expect(approvals.map(({ subject }) => subject)).toEqual(['Product.price']);
    const cart = report.sections.flatMap(({ findings }) => findings).find(({ subject }) => subject === 'cart');
    expect(approve(report, { ...by, changes: [cart?.change ?? ''] })).toMatchObject({
      approvals: [],
      refused: [{ change: cart?.change, reason: expect.stringContaining('nobody owns it') }],
    });
  });

  it('need no approval of their own team, but for what breaks clients', () => {
    const draft = { code: 'FIELD_REMOVED', subject: 'Product.price', message: 'gone', places: [], isChange: true };
    const outcomeFor = (team: string, severity: 'error' | 'info'): string =>
      finishSection('changes', [{ ...draft, severity }], { owners, team, approvals: [] }).outcome;
    expect(outcomeFor('pricing', 'info')).toBe('passed');
    expect(outcomeFor('pricing', 'error')).toBe('failed');
    expect(outcomeFor('shop', 'info')).toBe('waiting');
  });

  it('are waited for however much else there is', () => {
    const error = { severity: 'error', code: 'FIELD_REMOVED', places: [], isChange: true } as const;
    const many = Array.from({ length: 600 }, (_, index) => ({ ...error, subject: `Query.f${index}`, message: 'gone' }));
    const own = { ...error, severity: 'info', subject: 'Product.price', message: 'described' } as const;
    const { findings } = finishSection('changes', [...many, own], { owners, team: undefined, approvals: [] });
    expect(findings).toHaveLength(500);
    expect(findings.at(-1)).toMatchObject({ subject: 'Product.price', owner: 'pricing' });
  });

  it('of a field come before those of its type', () => {
    const of = { 'Product.price': 'pricing', 'Product.*': 'shop', Note: 'staff' };
    expect(
      ['Product.price', 'Product.price.currency', 'Product.name', 'Product', 'Note.text', 'Query.notes'].map(
        (coordinate) => ownerOf(of, coordinate),
      ),
    ).toEqual(['pricing', 'pricing', 'shop', 'shop', 'staff', undefined]);
    expect(ownerOf(of, 'constructor')).toBeUndefined();
  });
});
