/** One line of the table: one subject, freshly started, under one workload. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { request } from 'undici';
import { type Child, type ChildOptions, startChild } from '../process/child.ts';
import { counter } from '../process/counter.ts';
import { freePort } from '../process/free-port.ts';
import type { LoadOptions, LoadReport } from '../process/load-main.ts';
import type { Profile, Usage } from '../process/probe.ts';
import type { AiMeasured } from './ai-results.ts';
import { bodiesOf, type Subject } from './subjects.ts';
import { firstText, type Workload } from './workloads.ts';

export interface MeasureCallsOptions {
  readonly subject: Subject;
  readonly workload: Workload;
  readonly load: Child;
  readonly warmUpMs: number;
  readonly measuredMs: number;
  /** The core of the provider. @default that of the load */
  readonly providerRole?: ChildOptions['role'];
  /** The profile of the gateway between start and end of the measured time. */
  readonly onProfile?: (profile: Profile) => void;
}

/** Ids and usage hold numbers, and the provider's grow while it runs. */
const slackBytes = 60;
/** A stream repeats its id in each event. */
const slackBytesPerChunk = 24;
/** No request that is measured repeats one that warmed up. */
const measuredFrom = 1_000_000;
/** Between the load that warms up and the one that is measured. */
const settlingMs = 1_000;
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** @throws Error where the subject does not start, does not answer or drops a connection */
export async function measureCalls(options: MeasureCallsOptions): Promise<AiMeasured> {
  const { subject, workload, load, warmUpMs, measuredMs, providerRole = 'driver', onProfile } = options;
  const folder = mkdtempSync(join(tmpdir(), 'isthmus-bench-'));
  const provider = startProvider(workload, providerRole);
  let child: Child | undefined;
  try {
    const providerUrl = await provider.ask<string>('listen');
    const port = await freePort();
    child = subject.start({ providerUrl, port, folder });
    const url = `http://127.0.0.1:${port}${subject.path}`;
    const headers = subject.headers?.(providerUrl) ?? {};
    const bodies = bodiesOf(subject, workload.chunks !== undefined);
    const answers = await firstAnswers(url, headers, bodies, child);
    const wrongAnswer = answers.map((answer) => whatIsWrong(answer, workload)).find((reason) => reason !== undefined);

    const loadOf = (connections: number, countFrom: number): LoadOptions => ({
      port,
      path: subject.path,
      connections,
      bodies,
      answerBytes: answers.map((answer) => Buffer.byteLength(answer)),
      headers,
      slackBytes: slackBytes + (workload.chunks ?? 0) * slackBytesPerChunk,
      ...(subject.distinct ? { counter, countFrom } : {}),
      ...(workload.chunks === undefined ? {} : { firstText }),
    });
    const { connections, warmUpConnections } = workload;
    if (warmUpConnections !== undefined) {
      await load.ask('start', loadOf(warmUpConnections, 1));
      await pause(warmUpMs);
      await load.ask('stop');
    }
    await provider.ask('begin');
    await load.ask('start', loadOf(connections, measuredFrom));
    await pause(warmUpConnections === undefined ? warmUpMs : settlingMs);
    if (onProfile !== undefined) await child.ask('beginProfile');
    const [from, ...driversFrom] = await usages('begin', child, load, provider);
    await pause(measuredMs);
    const [to, ...driversTo] = await usages('finish', child, load, provider);
    if (onProfile !== undefined) onProfile(await child.ask<Profile>('finishProfile'));
    const report = await load.ask<LoadReport>('stop');
    const providerCalls = await provider.ask<number>('counted');

    const { took, first } = between(report, from.atMs, to.atMs);
    const seconds = (to.atMs - from.atMs) / 1000;
    const driverCpuMs = driversTo.reduce((sum, one, index) => sum + one.cpuMs - (driversFrom[index]?.cpuMs ?? 0), 0);
    const wrong = wrongAnswer ?? (report.wrong === 0 ? undefined : `${report.wrong} answers under load differ`);
    return {
      kind: 'measured',
      workload: workload.name,
      subject: subject.name,
      ...(wrong === undefined ? {} : { wrong }),
      calls: took.length,
      cpuMsPerCall: (to.cpuMs - from.cpuMs) / took.length,
      callsPerSecond: took.length / seconds,
      p50Ms: quantile(took, 0.5),
      p99Ms: quantile(took, 0.99),
      firstP50Ms: quantile(first, 0.5),
      firstP99Ms: quantile(first, 0.99),
      providerCallsPerCall: providerCalls / report.tookMs.length,
      peakRssMb: to.peakRssMb,
      driverBusy: driverCpuMs / 1000 / seconds,
    };
  } catch (error) {
    await load.ask('stop').catch(() => undefined); // its own failure is the same one
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`${reason}\n${child?.output() ?? ''}`, { cause: error });
  } finally {
    await child?.end();
    await provider.end();
    rmSync(folder, { recursive: true, force: true });
  }
}

function startProvider({ provider }: Workload, role: ChildOptions['role']): Child {
  return startChild({
    command: [new URL('provider-main.ts', import.meta.url).pathname, JSON.stringify(provider)],
    role,
  });
}

function usages(ask: 'begin' | 'finish', gateway: Child, ...drivers: readonly Child[]): Promise<[Usage, ...Usage[]]> {
  return Promise.all([gateway.ask<Usage>(ask), ...drivers.map((driver) => driver.ask<Usage>('usage'))]);
}

/** One answer to each body, read whole; the first is asked for until the subject is up. */
async function firstAnswers(
  url: string,
  headers: Readonly<Record<string, string>>,
  bodies: readonly string[],
  child: Child,
): Promise<string[]> {
  const answers: string[] = [];
  const endsAt = performance.now() + 60_000;
  for (const body of bodies) {
    for (;;) {
      const answer = await answerOf(url, headers, body);
      if (typeof answer === 'string') {
        answers.push(answer);
        break;
      }
      if (child.hasEnded()) throw new Error('it ended at its start');
      if (answer.answered || performance.now() > endsAt) throw new Error(`no answer: ${answer.failed}`);
      await pause(100);
    }
  }
  return answers;
}

async function answerOf(
  url: string,
  headers: Readonly<Record<string, string>>,
  body: string,
): Promise<string | { readonly failed: string; readonly answered: boolean }> {
  try {
    const answer = await request(url, {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/json', accept: 'application/json' },
      body,
      headersTimeout: 10_000,
      bodyTimeout: 10_000,
    });
    const text = await answer.body.text();
    return answer.statusCode === 200 ? text : { failed: `${answer.statusCode}: ${text.slice(0, 500)}`, answered: true };
  } catch (error) {
    return { failed: String(error), answered: false };
  }
}

/** Whether an answer holds what the provider said, all of it. */
function whatIsWrong(answer: string, { chunks, provider }: Workload): string | undefined {
  if (chunks === undefined) return answer.includes('This is a scripted answer') ? undefined : answer.slice(0, 200);
  let said = '';
  for (const line of answer.split('\n')) {
    if (!line.startsWith('data: {')) continue;
    const event = JSON.parse(line.slice(6)) as {
      readonly choices?: readonly { readonly delta?: { readonly content?: string | null } }[];
      readonly delta?: { readonly text?: string };
    };
    said += event.choices?.[0]?.delta?.content ?? event.delta?.text ?? '';
  }
  if (said !== provider.text) return `a stream says ${said.length} of ${provider.text?.length} characters`;
  return /data: \[DONE\]|"message_stop"/.test(answer) ? undefined : 'a stream has no terminal event';
}

/** Of the answers that were complete between two moments, sorted. */
function between({ endedAtMs, tookMs, firstMs }: LoadReport, fromMs: number, toMs: number) {
  const took: number[] = [];
  const first: number[] = [];
  for (const [index, endedAt] of endedAtMs.entries()) {
    if (endedAt < fromMs || endedAt >= toMs) continue;
    took.push(tookMs[index] ?? 0);
    first.push(firstMs[index] ?? 0);
  }
  if (took.length === 0) throw new Error('no call was answered while it was measured');
  return { took: Float64Array.from(took).sort(), first: Float64Array.from(first).sort() };
}

function quantile(sorted: Float64Array, part: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0;
}
