/** Gateways as processes of their own, over one scripted provider that counts what reaches it. */
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ScriptedProvider, startScriptedProvider } from '../../../src/testing.ts';
import { shop } from '../graphs/shop.ts';
import { type SpawnedIsthmus, spawnIsthmus } from './spawn-isthmus.ts';

export interface BudgetGateway {
  readonly isthmus: SpawnedIsthmus;
  readonly url: string;
  lines(): readonly Readonly<Record<string, unknown>>[];
  /** @param alias `smart`, or `stuck`, whose calls are never sent: their connections are not made. @default smart */
  chat(init?: RequestInit, alias?: string): Promise<Response>;
  /** As a crash would. */
  kill(): Promise<void>;
}

export interface BudgetGateways extends AsyncDisposable {
  readonly provider: ScriptedProvider;
  /** Of the calls of `stuck`, one each. */
  readonly stuck: ReadonlySet<Socket>;
  readonly folder: string;
  readonly config: string;
  save(ai: string, yaml?: string): Promise<void>;
  start(workers?: number): Promise<BudgetGateway>;
}

/** A call of 10 tokens of input and output each costs so much, in nano-dollars. */
export const callNanoUsd = 30_000;

/** @param ai lines under `ai`, indented by two */
export async function budgetGateways(ai: string, yaml = ''): Promise<BudgetGateways> {
  const provider = await startScriptedProvider();
  provider.respond(() => ({ text: 'ok', usage: { inputTokens: 10, outputTokens: 10 } }));
  const stuck = new Set<Socket>();
  // It never answers the handshake.
  const silent = createServer((socket) => stuck.add(socket.on('error', () => undefined)));
  await once(silent.listen(0, '127.0.0.1'), 'listening');
  const { port } = silent.address() as AddressInfo;
  const folder = await mkdtemp(join(tmpdir(), 'isthmus-budgets-'));
  const config = join(folder, 'supergraph.yaml');
  const save = (lines: string, more = ''): Promise<void> =>
    writeFile(
      config,
      `subgraphs: { products: { routing_url: "http://127.0.0.1:1/", schema: { file: products.graphql } } }
ai:
  providers:
    test: { kind: openai, base_url: "${provider.openAiBaseUrl}", api_key: sk-test }
    silent: { kind: openai, base_url: "https://127.0.0.1:${port}", api_key: sk-test }
  models:
    smart: { targets: [test/m], retries: 0, cache: { exact: false } }
    stuck: { targets: [silent/m], retries: 0, cache: { exact: false } }
  prices:
    test/m: &price { input_per_mtok: "1.00", output_per_mtok: "2.00" }
    silent/m: *price
${lines}
${more}
`,
    );
  await writeFile(join(folder, 'products.graphql'), shop.products.sdl);
  await save(ai, yaml);
  const started: BudgetGateway[] = [];
  return {
    provider,
    stuck,
    folder,
    config,
    save,
    async start(workers = 2) {
      const args = ['serve', '--config', config, '--port', '0', '--workers', String(workers), '--no-watch'];
      const isthmus = spawnIsthmus(args);
      const [, url = ''] = await isthmus.waitFor(/"url":"([^"]+)"/);
      const messages = [{ role: 'user', content: 'Hello' }];
      const gateway: BudgetGateway = {
        isthmus,
        url,
        lines: () => isthmus.output().split('\n').slice(0, -1).map(asLine),
        chat: (init = {}, model = 'smart') =>
          fetch(`${url}/v1/chat/completions`, {
            method: 'POST',
            ...init,
            headers: { 'content-type': 'application/json', ...(init.headers as Record<string, string> | undefined) },
            body: JSON.stringify({ model, max_tokens: 10, messages }),
          }),
        async kill() {
          isthmus.child.kill('SIGKILL');
          await isthmus.ended;
        },
      };
      started.push(gateway);
      return gateway;
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(started.map((gateway) => gateway.kill()));
      await provider.close();
      for (const socket of stuck) socket.destroy();
      silent.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function asLine(line: string): Record<string, unknown> {
  try {
    return JSON.parse(line) as Record<string, unknown>;
  } catch {
    return { msg: line };
  }
}
