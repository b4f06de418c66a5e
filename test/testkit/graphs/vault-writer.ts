/** An AI subgraph over the vault, whose fields carry the rules of what they read, and a model that repeats what it is sent. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ScriptedProvider, startScriptedProvider } from '../../../src/testing.ts';
import { echo } from './ai-graph.ts';

const sdl = `extend schema
  @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@external", "@requires", "@requiresScopes"])
  @link(url: "https://isthmus.dev/ai/v1.0", import: ["@generate"])
type Person @key(fields: "id") { id: ID!  name: String! @external  email: String @external
  praise: String @requires(fields: "name") @generate(prompt: "praise", maxOutputTokens: 50)
  mail: String @requires(fields: "email") @requiresScopes(scopes: [["read:email"], ["admin"]])
    @generate(prompt: "mail", maxOutputTokens: 50) }
`;

const prompts = { praise: '{{name}}', mail: '{{email}}' };

export interface VaultWriter extends AsyncDisposable {
  readonly provider: ScriptedProvider;
  /** The subgraph’s line, then keys of supergraph.yaml. */
  readonly yaml: string;
}

export async function startVaultWriter(): Promise<VaultWriter> {
  const folder = await mkdtemp(join(tmpdir(), 'isthmus-vault-'));
  const provider = await startScriptedProvider();
  provider.respond(echo);
  await mkdir(join(folder, 'prompts'));
  await writeFile(join(folder, 'schema.graphql'), sdl);
  for (const [name, text] of Object.entries(prompts))
    await writeFile(join(folder, 'prompts', `${name}.prompt`), `---\nmodel: fast\n---\n{{role "user"}}\n${text}`);
  const ai = {
    providers: { test: { kind: 'openai', base_url: provider.openAiBaseUrl, api_key: 'sk-test' } },
    models: { fast: ['test/m'] },
    prices: { 'test/m': { input_per_mtok: '1', output_per_mtok: '1' } },
  };
  return {
    provider,
    yaml: `  writer: { ai: true, schema: { file: ${folder}/schema.graphql }, prompts: ${folder}/prompts }\nai: ${JSON.stringify(ai)}\n`,
    async [Symbol.asyncDispose]() {
      await provider.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
