/** A change of what a registry has published is checked against it, by the traffic that a store knows, before it is published. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadConfig, type ResolvedConfig } from '../../../src/config/index.ts';
import { createLogger } from '../../../src/index.ts';
import { readTrustedDocuments } from '../../../src/persisted/index.ts';
import {
  approve,
  type CheckOptions,
  type CheckReport,
  checkChange,
  configuredCheck,
  relocate,
  writeGithub,
} from '../../../src/registry/checks/index.ts';
import { createRegistry, type Registry } from '../../../src/registry/publish/index.ts';
import { openStore, type Store } from '../../../src/store/index.ts';
import { CompositionError } from '../../../src/supergraph/index.ts';
import { type Usage, WindowedUsage } from '../../../src/usage/index.ts';

const log = createLogger({ level: 'silent', readable: false });
const ref = { graph: 'shop', variant: 'current' };
const author = { actor: 'cli:ann' };
const federation = 'extend schema @link(url: "https://specs.apollo.dev/federation/v2.12", import: ["@key"])\n';
const before = `${federation}type Query { product: Product }\ntype Product @key(fields: "id") {\n  id: ID!\n  name: String\n  price: Int\n  weight: Int\n}`;
const withoutPrice = before.replace('  price: Int\n', '').replace('  weight: Int\n', '');
const yaml = `
subgraphs: { products: { routing_url: "http://127.0.0.1:1", schema: { file: products.graphql } } }
persisted_operations: { documents: [persisted] }
registry: { graph: shop, checks: { excluded_clients: [crawler], owners: { Product.price: pricing } } }
`;

const now = Date.UTC(2026, 10, 30, 12);
const read = { signature: 'one', id: 'one', kind: 'query', coordinates: ['Query.product', 'Product.price'] } as const;
const operation = { ...read, name: 'Price', document: 'query Price { product { price } }' };
const counted = {
  operation,
  clientVersion: '1.0',
  errors: 0,
  durationMs: 3,
  maxMs: 1,
  inputs: new Map(),
  lastAt: now - 1,
};

let folder: string;
let store: Store;
let registry: Registry;
let config: ResolvedConfig;
let report: CheckReport;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'isthmus-check-candidate-'));
  const configFile = join(folder, 'supergraph.yaml');
  await writeFile(configFile, yaml);
  await writeFile(join(folder, 'products.graphql'), before);
  await writeFile(
    join(folder, 'persisted'),
    JSON.stringify({ cart: '{ product { id } }', label: '{ product { weight } }' }),
  );
  config = await loadConfig(configFile, {});
  store = await openStore({ config: config.store, configFile, log });
  registry = createRegistry({
    store,
    configFile,
    load: (published) => loadConfig(configFile, {}, undefined, published),
  });
  const subgraphs = [{ name: 'products', sdl: before }];
  await registry.publish(ref, { kind: 'publish', subgraphs }, author);
  report = await check(withoutPrice, 'web');
});
afterAll(async () => {
  await store.close();
  await rm(folder, { recursive: true });
});

/** As whoever publishes would be answered. */
async function check(sdl: string, client: string, more: Partial<CheckOptions> = {}): Promise<CheckReport> {
  const candidate = await registry.candidate(ref, { kind: 'publish', subgraphs: [{ name: 'products', sdl }] });
  const usage: Usage = [{ ...counted, client, graph: 'shop@current', count: 40 }];
  return checkChange({
    before: candidate.base && (await registry.readGeneration(candidate.base)),
    after: await registry.read(candidate).catch((error: unknown) => {
      if (error instanceof CompositionError) return error;
      throw error;
    }),
    usage: new WindowedUsage(async () => usage),
    ...configuredCheck(config.registry.checks, ref, now),
    trustedDocuments: await readTrustedDocuments(config, log),
    log,
    ...more,
  });
}

const errorsOf = ({ sections }: CheckReport) =>
  sections.flatMap(({ findings }) => findings.filter(({ severity }) => severity === 'error'));

describe('a check of a candidate', () => {
  it('weighs what it takes away from what is published, and publishes nothing', async () => {
    expect(report.traffic).toMatchObject({ requests: 40, from: now - 7 * 86_400_000, to: now });
    expect(errorsOf(report).map(({ code, subject, owner }) => [code, subject, owner])).toEqual([
      ['FIELD_REMOVED', 'Product.price', 'pricing'],
      ['TRUSTED_DOCUMENT_INVALID', 'label', undefined],
    ]);
    expect((await store.registry.head(ref))?.number).toBe(1);
    const lines = writeGithub(relocate(report, new Map([['products', 'schema/products.graphql']])));
    expect(lines).toMatch(/^::error file=schema\/products\.graphql,line=3,title=FIELD_REMOVED::/m);
  });

  it('leaves out clients that do not count: then there is no traffic to weigh by', async () => {
    const unweighed = await check(withoutPrice, 'crawler');
    expect(unweighed.traffic).toBeUndefined();
    expect(errorsOf(unweighed).map(({ subject }) => subject)).toEqual(['Product.price', 'Product.weight', 'label']);
  });

  it('passes once its owner has approved it', async () => {
    const { approvals } = approve(report, { changes: 'all', team: 'pricing', actor: 'cli:bob', at: now });
    expect((await check(withoutPrice, 'web', { approvals })).outcome).toBe('passed');
  });

  it('tells what does not compose with its line and a fix', async () => {
    const broken = await check(before.replace('price: Int', 'price: Money'), 'web');
    expect(broken.outcome).toBe('failed');
    expect(broken.sections[0]?.findings).toMatchObject([
      { message: expect.stringContaining('Money'), places: [{ subgraph: 'products', line: 6 }] },
    ]);
  });
});
