/** Isthmus with the sample graph, its models behind the scripted provider. */
import { cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stringify } from 'yaml';
import { heapFlags } from '../gateways/heap-flags.ts';
import { type Child, startChild } from '../process/child.ts';
import type { SampleUrls } from './sample-main.ts';

export interface ServeFieldsOptions {
  readonly urls: SampleUrls;
  readonly providerUrl: string;
  readonly port: number;
  /** An empty folder for its files. */
  readonly folder: string;
  /** How many items may share a call; `undefined`: as the sample's prompts have it. */
  readonly batch?: number;
}

const sample = (path: string) => fileURLToPath(new URL(`../../subgraphs/${path}`, import.meta.url));

export function serveFields(options: ServeFieldsOptions): Child {
  const { urls, folder, port, batch } = options;
  const prompts = batch === undefined ? sample('assistant/prompts') : batchedPrompts(folder, batch);
  const file = join(folder, 'supergraph.yaml');
  writeFileSync(
    file,
    stringify({
      federation_version: '=2.12.0',
      subgraphs: {
        ...Object.fromEntries(
          Object.entries(urls).map(([name, url]) => [
            name,
            { routing_url: url, schema: { file: sample(`${name}/schema.graphql`) } },
          ]),
        ),
        assistant: {
          ai: true,
          schema: { file: sample('assistant/schema.graphql') },
          prompts,
          code: sample('assistant/fields.ts'),
        },
      },
      server: { host: '127.0.0.1', landing_page: false },
      access: {
        policies: {
          own_profile: 'args.id == principal.id',
          support: 'false',
          email_reader: 'false',
          shown_review: '!row.flagged',
        },
      },
      ai: aiOf(options.providerUrl),
      telemetry: { log_level: 'warn' },
    }),
  );
  return startChild({
    command: [...heapFlags, 'src/cli/main.ts', 'serve', '--config', file, '--port', String(port)],
    role: 'gateway',
  });
}

/** The `ai` key, of the gateway and of the model client that is measured by itself. */
export function aiOf(providerUrl: string): object {
  const model = 'scripted/scripted-1';
  return {
    providers: { scripted: { kind: 'openai', base_url: `${providerUrl}/v1`, api_key: 'bench' } },
    models: { fast: [model], smart: [model] },
    prices: { [model]: { input_per_mtok: '0.40', cached_input_per_mtok: '0.10', output_per_mtok: '1.60' } },
  };
}

/** The sample's prompts, each with a batch. */
function batchedPrompts(folder: string, max: number): string {
  const copy = join(folder, 'prompts');
  cpSync(sample('assistant/prompts'), copy, { recursive: true });
  for (const name of readdirSync(copy).filter((one) => one.endsWith('.prompt'))) {
    const path = join(copy, name);
    writeFileSync(path, readFileSync(path, 'utf8').replace(/^---\n/, `---\nbatch: { max: ${max} }\n`));
  }
  return copy;
}
