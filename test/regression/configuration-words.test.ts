/** Problems of supergraph.yaml are reported with its keys, the correct form, and the name that was probably meant. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/config/index.ts';
import { nearestName } from '../../src/lib/index.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'isthmus-words-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function refusal(yaml: string): Promise<string> {
  const file = join(folder, 'supergraph.yaml');
  await writeFile(
    file,
    `subgraphs: { shop: { routing_url: "http://127.0.0.1:1", schema: { file: a.graphql } } }\n${yaml}\n`,
  );
  const error: unknown = await loadConfig(file, {}).catch((thrown: unknown) => thrown);
  return error instanceof Error ? error.message.replaceAll(`${folder}/`, '') : 'accepted';
}

describe('a problem of the configuration', () => {
  it.each([
    ['traffic: { all: { timeout: 10 } }', 'traffic.all.timeout: a duration has a unit: write 10s, or 10ms'],
    ['server: { drain_timeout: 5 }', 'server.drain_timeout: a duration has a unit: write 5s, or 5ms'],
    ['ai: { fields: { deadline: 20 } }', 'ai.fields.deadline: a duration has a unit: write 20s, or 20ms'],
    ['limits: { body: 100 }', 'limits.body: a size has a unit: write 100kb, or 100mb'],
    ['server: { port: "4000" }', 'server.port: write the number without quotes'],
    ['server: { port: 99999 }', 'server.port: write a number from 0 to 65535'],
    ['traffic: { all: { retries: 1.5 } }', 'traffic.all.retries: write a whole number from 0 to 10'],
    ['server: { introspection: "yes" }', 'server.introspection: write true or false'],
    ['engine: isthmuss', 'engine: write one of isthmus, reference; did you mean "isthmus"?'],
    ['ai: { models: { fast: local/extractive } }', 'ai.models.fast: write a list: put [ and ] around it'],
    ['ai: { models: { fast: [] } }', 'ai.models.fast: name at least one'],
    ['server: 5', 'server: write keys with values, such as { key: value }'],
    ['ai:', 'ai: write keys with values, such as { key: value }'],
    [
      'ai: { prices: { a/b: { input_per_mtok: 0.4, output_per_mtok: "1" } } }',
      'ai.prices.a/b.input_per_mtok: write it in quotes',
    ],
    ['server: { prot: 1 }', 'server.prot: "prot" is not a key here; did you mean "port"?'],
    ['sevrer: {}', 'sevrer: "sevrer" is not a key here; did you mean "server"?'],
    ['port: 4000', 'port: "port" is not a key here; it belongs under server'],
    ['timeout: 4s', 'timeout: "timeout" is not a key here; it belongs under traffic.all'],
    ['ai: { models: { fast: [opnai/x] }, providers: { openai: { kind: openai } } }', 'did you mean "openai"?'],
    ['ai: { providers: { mine: { kind: opnai } } }', 'openai, ai-sdk and local; did you mean "openai"?'],
    [
      'ai: { models: { fast: { targets: [local/extractive], fallback: { context_window: fsat } } } }',
      'did you mean "fast"?',
    ],
    ['traffic: { subgraphs: { shpo: {} } }', 'there is no subgraph "shpo" under subgraphs; did you mean "shop"?'],
    ['ai: { guardrails: { pii: { kinds: [emial] } } }', 'did you mean "email"?'],
    ['ai: { models: { fast: [local/extract] } }', 'only extractive and use-lite; did you mean "local/extractive"?'],
    ['ai: { models: { fast: [own/use] }, providers: { own: { kind: local } } }', 'there is no built-in model "use"'],
  ])('%s', async (yaml, words) => {
    const message = await refusal(yaml);
    expect(message).toContain(words);
    expect(message).toMatch(/^supergraph\.yaml:2: /);
    expect(message).not.toMatch(/expected|received|Invalid|Too /);
  });

  it('never contains a value that may be a secret', async () => {
    const secret = 'sk-secret-1234';
    for (const yaml of [
      `ai: { providers: { o: { kind: openai, api_key: ["${secret}"] } } }`,
      `server: { port: "${secret}" }`,
      `engine: ${secret}`,
      `ai: { cache: { store: redis, url: "${secret}" } }`,
    ]) {
      expect(await refusal(yaml)).not.toContain(secret);
    }
  });
});

describe('the nearest name', () => {
  it.each([
    ['prot', 'port'],
    ['Review-Sumary', 'review-summary'],
    ['summ', 'summary'],
    ['b', undefined],
    ['something', undefined],
  ])('to %s is %s', (written, meant) => {
    expect(nearestName(written, ['port', 'review-summary', 'summary', 'a'])).toBe(meant);
  });
});
