/** What stands in front of the provider: how each is started, what it is asked, where. */
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stringify } from 'yaml';
import { heapFlags } from '../gateways/heap-flags.ts';
import { packageVersion } from '../gateways/package-version.ts';
import { schemaFileOf } from '../graphs/graph.ts';
import { type Child, startChild } from '../process/child.ts';
import { counter, counterWord } from '../process/counter.ts';
import type { SubjectName, WorkloadName } from './ai-results.ts';
import { bodyOf, messagesBodyOf } from './workloads.ts';

export interface Start {
  readonly providerUrl: string;
  readonly port: number;
  /** A folder for the files of this line. */
  readonly folder: string;
}

export interface Subject {
  readonly name: SubjectName;
  readonly title: string;
  readonly path: '/v1/chat/completions' | '/v1/messages';
  readonly headers?: (providerUrl: string) => Readonly<Record<string, string>>;
  /** Whether every request is distinct; else these many in turn, asked once before anything is measured. */
  readonly distinct: boolean;
  readonly workloads: readonly WorkloadName[];
  whyNot(): string | undefined;
  body(streams: boolean, place: string): string;
  start(start: Start): Child;
}

const chat = '/v1/chat/completions';
const everything: readonly WorkloadName[] = ['call', 'first-token', 'stream-together', 'stream-apart'];
const here = () => undefined;

/** Different answers that are held in the cache. */
export const hits = 200;

const isthmusAt = (name: SubjectName, title: string, alias: string, more: Partial<Subject> = {}): Subject => ({
  name,
  title,
  path: chat,
  distinct: true,
  workloads: everything,
  whyNot: here,
  body: (streams, place) => bodyOf(alias, streams, place),
  start: (start) => serve(start, name === 'isthmus-bare'),
  ...more,
});

const peers = fileURLToPath(new URL('../peers/', import.meta.url));
const portkeyPackage = '../peers/node_modules/@portkey-ai/gateway/package.json';

const portkeyTo = (name: SubjectName, title: string, provider: string): Subject => ({
  name,
  title,
  path: chat,
  distinct: true,
  workloads: everything,
  headers: (providerUrl) => ({
    'x-portkey-provider': provider,
    'x-portkey-custom-host': `${providerUrl}/v1`,
    authorization: 'Bearer bench',
  }),
  whyNot: () =>
    existsSync(new URL('../peers/node_modules/@portkey-ai/gateway/build/start-server.js', import.meta.url))
      ? undefined
      : 'it is not installed: npm ci --prefix bench/peers',
  body: (streams, place) => bodyOf('scripted-1', streams, place),
  start: ({ port }) =>
    startChild({
      command: ['node_modules/@portkey-ai/gateway/build/start-server.js', `--port=${port}`, '--headless'],
      role: 'gateway',
      folder: peers,
    }),
});

const proxy: Subject = {
  name: 'proxy',
  title: 'floor: a bare Node proxy',
  path: chat,
  distinct: true,
  workloads: everything,
  whyNot: here,
  body: (streams, place) => bodyOf('scripted-1', streams, place),
  start: ({ providerUrl, port }) =>
    startChild({
      command: [fileURLToPath(new URL('proxy-main.ts', import.meta.url)), providerUrl, String(port)],
      role: 'gateway',
    }),
};

export const subjects: readonly Subject[] = [
  proxy,
  {
    ...proxy,
    name: 'proxy-messages',
    title: 'floor: a bare Node proxy, Anthropic’s wire',
    path: '/v1/messages',
    workloads: ['first-token'],
    body: (streams, place) => messagesBodyOf('scripted-1', streams, place),
  },
  isthmusAt('isthmus', 'Isthmus, passed on', 'passed'),
  isthmusAt('isthmus-chat-to-anthropic', 'Isthmus, chat to Anthropic', 'anthropic'),
  isthmusAt('isthmus-messages-to-openai', 'Isthmus, messages to OpenAI', 'passed', {
    path: '/v1/messages',
    body: (streams, place) => messagesBodyOf('passed', streams, place),
  }),
  isthmusAt('isthmus-hits', 'Isthmus, cache hits', 'passed', { distinct: false, workloads: ['call'] }),
  isthmusAt('isthmus-bare', 'Isthmus, passed on, nothing switched on', 'passed'),
  portkeyTo('portkey', 'Portkey', 'openai'),
  portkeyTo('portkey-chat-to-anthropic', 'Portkey, chat to Anthropic', 'anthropic'),
];

export const portkeyVersion = (): string => packageVersion(portkeyPackage);

/** The bodies of one line: one with a place for a number, or as many as the cache holds. */
export function bodiesOf(subject: Subject, streams: boolean): readonly string[] {
  if (subject.distinct) return [subject.body(streams, counter)];
  return Array.from({ length: hits }, (_, index) => subject.body(streams, counterWord(index)));
}

/** @param workers threads that serve, on whichever cores are free. @default one, on the gateway's core */
export const serve = (start: Start, bare: boolean, workers?: number): Child =>
  startChild({
    command: [
      ...heapFlags,
      'src/cli/main.ts',
      'serve',
      ...['--config', writeConfiguration(start, bare), '--port', String(start.port)],
      ...(workers === undefined ? [] : ['--workers', String(workers)]),
    ],
    role: workers === undefined ? 'gateway' : 'unpinned',
  });

const flagged = { mode: 'flag' } as const;

/**
 * Every guard that looks at texts itself, in a mode that lets them pass; a moderation model would be a second call, and a
 * pattern that can match white space would hold streams back by the line.
 */
const guardrails = {
  pii: { mode: 'mask', kinds: ['email', 'phone', 'iban', 'card', 'address', 'ip'] },
  secrets: { mode: 'mask' },
  injection: flagged,
  patterns: { ...flagged, blocked: ['(?i)nightfall', 'ACME-\\d{6}'] },
  output: { max_length: 100_000, max_length_mode: 'flag', urls: { allow: [], ...flagged }, markup: 'flag' },
};

/** Limits that are counted and never reached. */
const limits = { concurrency: 10_000, requests_per_minute: 100_000_000, tokens_per_minute: 1_000_000_000_000 };

export function writeConfiguration({ providerUrl, folder }: Start, bare: boolean): string {
  const alias = (reference: string) =>
    bare ? { targets: [{ model: reference }] } : { targets: [{ model: reference, limits }], cache: { exact: true } };
  const price = { input_per_mtok: '0.40', cached_input_per_mtok: '0.10', output_per_mtok: '1.60' };
  const file = join(folder, 'supergraph.yaml');
  const text = stringify({
    federation_version: '=2.12.0',
    // A graph there must be; nothing asks it.
    subgraphs: { catalog: { routing_url: 'http://127.0.0.1:9/', schema: { file: schemaFileOf('shop', 'catalog') } } },
    server: { host: '127.0.0.1', landing_page: false },
    ai: {
      providers: {
        direct: { kind: 'openai', base_url: `${providerUrl}/v1`, api_key: 'bench' },
        sdk: { kind: 'ai-sdk', package: '@ai-sdk/anthropic', base_url: `${providerUrl}/v1`, api_key: 'bench' },
      },
      models: { passed: alias('direct/scripted-1'), anthropic: alias('sdk/scripted-1') },
      prices: { 'direct/scripted-1': price, 'sdk/scripted-1': price },
      ...(bare ? {} : { guardrails, call_log: { file: join(folder, 'calls.jsonl') } }),
    },
    // At `info` the log has a line of every call. What operation records cost, `npm run bench -- observability` measures.
    telemetry: { log_level: bare ? 'warn' : 'info', records: false },
  });
  writeFileSync(file, text);
  return file;
}
