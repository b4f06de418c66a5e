/** A whole gateway from a supergraph.yaml, a scripted provider on real sockets behind it, the official clients before it. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import type { ModelCallRecord } from '../../../src/observability/index.ts';
import { type ScriptedProvider, startScriptedProvider } from '../../../src/testing.ts';
import { safetyLimit } from '../../testkit/safety-limit.ts';
import { startTestGateway, type TestGateway } from '../../testkit/test-gateway.ts';

export interface V1GatewayOptions {
  /** More lines under `ai`, indented by two; may include `providers` and `models`. */
  readonly ai?: string | ((provider: ScriptedProvider) => string);
  /** More lines of supergraph.yaml. */
  readonly yaml?: string;
}

/** The four wires, each an alias of that name, with one key, without retries and without an effective breaker. */
export const wires = ['chat', 'responses', 'anthropic', 'gemini'] as const;
export type TargetWire = (typeof wires)[number];

/** @param keys the YAML of its key or keys */
export function providerYaml(
  { openAiBaseUrl, anthropicBaseUrl, geminiBaseUrl }: ScriptedProvider,
  wire: TargetWire,
  keys: string,
): string {
  switch (wire) {
    case 'chat':
      return `{ kind: openai, base_url: "${openAiBaseUrl}", ${keys} }`;
    case 'responses':
      return `{ kind: openai, wire: responses, base_url: "${openAiBaseUrl}", ${keys} }`;
    case 'anthropic':
      return `{ kind: ai-sdk, package: "@ai-sdk/anthropic", base_url: "${anthropicBaseUrl}/v1", ${keys} }`;
    case 'gemini':
      return `{ kind: ai-sdk, package: "@ai-sdk/google", base_url: "${geminiBaseUrl}", ${keys} }`;
  }
}

export function providersYaml(provider: ScriptedProvider): string {
  const lines = wires.map((wire) => `    ${wire}: ${providerYaml(provider, wire, 'api_key: sk-operator')}\n`);
  return `  providers:\n${lines.join('')}`;
}

function plainAi(provider: ScriptedProvider): string {
  const models = wires.map((wire) => `    ${wire}: { targets: [${wire}/m], retries: 0 }\n`).join('');
  const prices = wires.map((wire) => `    ${wire}/m: { input_per_mtok: "1.00", output_per_mtok: "2.00" }\n`).join('');
  return `${providersYaml(provider)}  models:\n${models}  prices:\n${prices}  breaker: { min_requests: 100000 }\n`;
}

export async function startV1Gateway(options: V1GatewayOptions = {}) {
  const provider = await startScriptedProvider();
  const ai = options.ai ?? plainAi;
  const gateway: TestGateway = await startTestGateway({
    subgraphs: { a: { sdl: 'type Query { a: Int }' } },
    yaml: `${options.yaml ?? ''}\nai:\n  call_log: { file: calls.jsonl }\n${typeof ai === 'string' ? ai : ai(provider)}`,
  });
  const base = gateway.url.replace(/\/graphql$/, '');
  const callLog = join(gateway.folder, 'calls.jsonl');
  return {
    provider,
    gateway,
    url: `${base}/v1`,
    openai: new OpenAI({ baseURL: `${base}/v1`, apiKey: 'sk-client', maxRetries: 0 }),
    anthropic: new Anthropic({ baseURL: base, apiKey: 'sk-client', maxRetries: 0 }),
    post(path: string, body: unknown, init: RequestInit = {}) {
      const headers = { 'content-type': 'application/json', ...(init.headers as Record<string, string> | undefined) };
      return fetch(`${base}/v1${path}`, { method: 'POST', ...init, headers, body: JSON.stringify(body) });
    },
    /** The first `count` records, oldest first, once so many have been written. */
    async records(count: number): Promise<readonly ModelCallRecord[]> {
      for (const start = performance.now(); performance.now() - start < safetyLimit(500); ) {
        const lines = existsSync(callLog) ? readFileSync(callLog, 'utf8').split('\n').slice(0, -1) : [];
        if (lines.length >= count) return lines.slice(0, count).map((line) => JSON.parse(line) as ModelCallRecord);
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
      throw new Error(`fewer than ${count} records were written`);
    },
    /** The file of records, as it is. */
    callLog: () => (existsSync(callLog) ? readFileSync(callLog, 'utf8') : ''),
    async [Symbol.asyncDispose]() {
      await gateway[Symbol.asyncDispose]();
      await provider.close();
    },
  };
}

export type V1Gateway = Awaited<ReturnType<typeof startV1Gateway>>;

let turn = 0;
/** Never the same words twice: nothing may come from a cache by chance. */
export const words = (): string => `Question ${turn++}`;
