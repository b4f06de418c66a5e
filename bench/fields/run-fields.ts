/**
 * `npm run bench -- fields`: what AI fields cost beside the business data they stand in. Isthmus serves the sample graph
 * on core 0; load, subgraphs and the scripted provider (200 ms a call) share core 1.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { Asked, AskedTokens, ProviderOptions } from '../ai/provider-main.ts';
import { bodyOf } from '../ai/workloads.ts';
import { heapFlags } from '../gateways/heap-flags.ts';
import { packageVersion } from '../gateways/package-version.ts';
import { keepResults } from '../keep-results.ts';
import { machine } from '../machine.ts';
import { readRounds, readSeconds } from '../options.ts';
import { print } from '../print.ts';
import { printProfile } from '../print-profile.ts';
import { type Child, startChild, whyUnpinned } from '../process/child.ts';
import { counter } from '../process/counter.ts';
import { freePort } from '../process/free-port.ts';
import { askGateway, untilReady } from '../verify.ts';
import type { ClientRun } from './client-main.ts';
import type { FieldsResults, TokenLine } from './fields-results.ts';
import { type MeasuredPages, measurePages } from './measure-pages.ts';
import {
  aiFields,
  coldPage,
  fieldsOfPageWithTwice,
  pageWith,
  pageWithout,
  pageWithTwice,
  products,
  tokenQueries,
} from './pages.ts';
import { renderFields } from './render-fields.ts';
import type { SampleUrls } from './sample-main.ts';
import { serveFields } from './serve-fields.ts';

const usage = `node bench/main.ts fields [options]

  --measure <seconds>   of each page and round (default: 5)
  --rounds <number>     pages are measured in turn so often; medians count (default: 3)
  --profile             where the gateway spends its time on warm and cold pages; nothing else is measured or kept
  --output <file>       where the results go (default: bench/results.json)
`;

const latencyMs = 200;
const batchMax = 10;
/** More than one round asks for. */
const pagesPerRound = 1_000_000;
const path = '/graphql';

export async function runFields(words: readonly string[]): Promise<void> {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({
    args: [...words],
    options: {
      measure: { ...text, default: '5' },
      rounds: { ...text, default: '3' },
      profile: { type: 'boolean', default: false },
      output: { ...text, default: 'bench/results.json' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return print(usage);
  const measuredMs = readSeconds('--measure', values.measure);
  const rounds = readRounds(values.rounds);
  if (whyUnpinned !== undefined) print(`processes are not pinned to cores: ${whyUnpinned}`);

  const folder = mkdtempSync(join(tmpdir(), 'isthmus-bench-'));
  const sample = startDriver('sample-main.ts');
  try {
    const urls = await sample.ask<SampleUrls>('urls');
    const measured = await measureSpeed({ urls, folder, measuredMs, rounds, profiled: values.profile });
    if (values.profile) return;
    const tokens = await measureTokens(urls, folder);
    const results: FieldsResults = {
      date: new Date().toISOString(),
      machine: machine(),
      versions: { node: process.version, isthmus: packageVersion('../../package.json') },
      rounds,
      ...(whyUnpinned === undefined ? {} : { unpinned: whyUnpinned }),
      ...{ products, aiFields, latencyMs },
      ...measured,
      tokens,
    };
    print(`\n${renderFields(results)}`);
    keepResults(values.output, { fields: results });
  } finally {
    await sample.end();
    rmSync(folder, { recursive: true, force: true });
  }
}

const startDriver = (module: string, ...words: readonly string[]): Child =>
  startChild({ command: [fileURLToPath(new URL(module, import.meta.url)), ...words], role: 'driver' });

const startProvider = (options: ProviderOptions): Child =>
  startDriver('../ai/provider-main.ts', JSON.stringify(options));

interface SpeedOptions {
  readonly urls: SampleUrls;
  readonly folder: string;
  readonly measuredMs: number;
  readonly rounds: number;
  readonly profiled: boolean;
}

type Speed = Pick<FieldsResults, 'times' | 'calls' | 'cpu'>;

/** Pages in turn within a round, so that a busy moment of the machine meets all of them. */
async function measureSpeed({ urls, folder, measuredMs, rounds, profiled }: SpeedOptions): Promise<Speed> {
  const provider = startProvider({ latencyMs, readable: true });
  const load = startDriver('../process/load-main.ts');
  const port = await freePort();
  let gateway: Child | undefined;
  try {
    const providerUrl = await provider.ask<string>('listen');
    gateway = serveFields({ urls, providerUrl, port, folder });
    await untilReady(port, path, gateway.hasEnded);
    const child = gateway;

    await provider.ask('keep');
    await askWhole(port, pageWithTwice);
    const { calls, distinct } = await provider.ask<Asked>('asked');
    print(`${fieldsOfPageWithTwice} fields of ${distinct} distinct inputs: ${calls} provider calls`);

    await provider.ask('keep');
    const warmPage = pageWith('the same each time');
    const warmBytes = await askWhole(port, warmPage);
    const { bodies } = await provider.ask<Asked>('asked');
    const withoutBytes = await askWhole(port, pageWithout);
    const page = (name: string, body: string, answerBytes: number, warmUpMs: number, countFrom?: number) =>
      measurePages({
        ...{ gateway: child, load, port, path, body, answerBytes, warmUpMs, measuredMs },
        ...(countFrom === undefined ? {} : { numbered: { counter, countFrom } }),
        ...(profiled ? { onProfile: (profile) => printProfile(name, profile) } : {}),
      });
    const coldBytes = await askWhole(port, pageWith('a first one'));

    const cold: MeasuredPages[] = [];
    const warm: MeasuredPages[] = [];
    const without: MeasuredPages[] = [];
    for (let round = 0; round < rounds; round++) {
      const warmUpMs = round === 0 ? 5_000 : 500;
      without.push(await page('without', pageWithout, withoutBytes, warmUpMs));
      warm.push(await page('warm', warmPage, warmBytes, warmUpMs));
      cold.push(await page('cold', coldPage, coldBytes, warmUpMs, 1 + round * pagesPerRound));
      print(
        ['without', 'warm', 'cold']
          .map((name, index) => `${name} ${describe([without, warm, cold][index]?.at(-1))}`)
          .join('; '),
      );
    }
    const oneCall = await measurePages({
      ...{ gateway: child, load, port: Number(new URL(providerUrl).port), path: '/v1/chat/completions' },
      ...{ body: bodyOf('scripted-1', false, counter), answerBytes: 0, slackBytes: 100_000 },
      ...{ warmUpMs: 1_000, measuredMs },
    });
    await gateway.end();
    const clientMsPerCall = await measureClient({
      configFile: join(folder, 'supergraph.yaml'),
      bodies,
      warmUpRounds: 20,
      rounds: 30,
    });

    const median = (pages: readonly MeasuredPages[], read: (one: MeasuredPages) => number): number =>
      pages.map(read).sort((a, b) => a - b)[Math.floor((pages.length - 1) / 2)] ?? 0;
    const cpuOf = (pages: readonly MeasuredPages[]) => median(pages, ({ cpuMsPerPage }) => cpuMsPerPage);
    const timeOf = (pages: readonly MeasuredPages[]) => median(pages, ({ p50Ms }) => p50Ms);
    return {
      times: { oneCallMs: oneCall.p50Ms, coldMs: timeOf(cold), warmMs: timeOf(warm), withoutMs: timeOf(without) },
      calls: { fieldsAsked: fieldsOfPageWithTwice, providerCalls: calls, distinctInputs: distinct },
      cpu: {
        coldMsPerPage: cpuOf(cold),
        warmMsPerPage: cpuOf(warm),
        withoutMsPerPage: cpuOf(without),
        clientMsPerCall,
        coldMsPerField: (cpuOf(cold) - cpuOf(without)) / aiFields - clientMsPerCall,
        warmMsPerField: (cpuOf(warm) - cpuOf(without)) / aiFields,
      },
    };
  } finally {
    await gateway?.end();
    await Promise.all([load.end(), provider.end()]);
  }
}

function describe(page: MeasuredPages | undefined): string {
  return page === undefined
    ? ''
    : `${page.p50Ms.toFixed(2)} ms, ${page.cpuMsPerPage.toFixed(2)} ms CPU (${page.pages})`;
}

async function measureClient(run: ClientRun): Promise<number> {
  const client = startChild({
    command: [...heapFlags, fileURLToPath(new URL('client-main.ts', import.meta.url))],
    role: 'gateway',
  });
  try {
    return await client.ask<number>('run', run);
  } finally {
    await client.end();
  }
}

/** @returns the length of the answer @throws Error where it has errors */
async function askWhole(port: number, body: string): Promise<number> {
  const answer = await askGateway(port, path, body);
  const { errors } = JSON.parse(answer) as { readonly errors?: unknown };
  if (errors !== undefined) throw new Error(`the page has errors: ${JSON.stringify(errors).slice(0, 500)}`);
  return Buffer.byteLength(answer);
}

/** The same fields as they are asked for and as they could be: whole and in part, one by one and in batches. */
async function measureTokens(urls: SampleUrls, folder: string): Promise<readonly TokenLine[]> {
  const { whole, part, reviews } = tokenQueries;
  const single = await tokensOf(urls, folder, undefined, [
    { what: 'highlights, all three fields selected', query: whole.query },
    { what: 'highlights, only verdict selected', query: part.query },
    { what: 'sentiment of reviews, a call each', query: reviews.query },
  ]);
  const batched = await tokensOf(urls, folder, batchMax, [
    { what: `sentiment of reviews, ${batchMax} a call`, query: reviews.query },
  ]);
  const [all, some, each] = single;
  const [shared] = batched;
  if (all === undefined || some === undefined || each === undefined || shared === undefined) return [];
  // A call each: the calls are the fields, whatever number of reviews the products have.
  return [
    { ...all, fields: whole.fields },
    { ...some, fields: part.fields, against: all.what },
    { ...each, fields: each.calls },
    { ...shared, fields: each.calls, against: each.what },
  ];
}

async function tokensOf(
  urls: SampleUrls,
  folder: string,
  batch: number | undefined,
  asked: readonly { readonly what: string; readonly query: string }[],
): Promise<Omit<TokenLine, 'fields'>[]> {
  const provider = startProvider({ readable: true });
  const port = await freePort();
  let gateway: Child | undefined;
  try {
    const providerUrl = await provider.ask<string>('listen');
    gateway = serveFields({ urls, providerUrl, port, folder, ...(batch === undefined ? {} : { batch }) });
    await untilReady(port, path, gateway.hasEnded);
    const lines: Omit<TokenLine, 'fields'>[] = [];
    for (const { what, query } of asked) {
      await provider.ask('keep');
      await askWhole(port, JSON.stringify({ query }));
      lines.push({ what, ...(await provider.ask<AskedTokens>('tokens')) });
    }
    return lines;
  } finally {
    await gateway?.end();
    await provider.end();
  }
}
