/** A process of the benchmark: pinned to a core, asked over IPC, ended by its pid together with what it started. */
import { spawn, spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { Answer, Question } from './answer-parent.ts';

export interface ChildOptions {
  /** The module to run and its arguments. */
  readonly command: readonly string[];
  /** Gateways have a core to themselves; load and upstream share the other. `unpinned`: whichever cores are free. */
  readonly role: 'gateway' | 'driver' | 'unpinned';
  readonly environment?: Readonly<Record<string, string>>;
  readonly folder?: string;
}

export interface Child {
  readonly pid: number;
  /** @throws Error where the process fails to answer, or has ended */
  ask<Value>(ask: string, value?: unknown): Promise<Value>;
  /** The last of what it wrote. */
  output(): string;
  hasEnded(): boolean;
  end(): Promise<void>;
}

const probe = new URL('probe.ts', import.meta.url).href;
const maxOutput = 4_000;

/** Why processes are not pinned; undefined where they are. */
export const whyUnpinned: string | undefined =
  availableParallelism() < 2
    ? 'this machine has one core'
    : spawnSync('taskset', ['-V']).status === 0
      ? undefined
      : 'taskset is not on this machine';

export function startChild({ command, role, environment = {}, folder }: ChildOptions): Child {
  const cores = { gateway: '0', driver: '1', unpinned: '0,1' } as const;
  const pin = whyUnpinned === undefined ? ['taskset', '-c', cores[role]] : [];
  const [program, ...rest] = [...pin, process.execPath, '--import', probe, ...command] as [string, ...string[]];
  const child = spawn(program, rest, {
    cwd: folder ?? fileURLToPath(new URL('../../', import.meta.url)),
    env: { ...process.env, NODE_ENV: 'production', ...environment },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    serialization: 'advanced',
  });
  const { pid } = child;
  if (pid === undefined) throw new Error(`${program} could not be started`);

  let written = '';
  const keep = (chunk: Buffer): void => {
    written = (written + chunk.toString()).slice(-maxOutput);
  };
  child.stdout?.on('data', keep);
  child.stderr?.on('data', keep);

  let lastId = 0;
  let ended = false;
  const waiting = new Map<number, PromiseWithResolvers<unknown>>();
  child.on('message', ({ answerTo, value, error }: Answer) => {
    const asked = waiting.get(answerTo);
    waiting.delete(answerTo);
    if (error === undefined) asked?.resolve(value);
    else asked?.reject(new Error(error));
  });
  const exited = new Promise<void>((resolve) => {
    child.once('exit', () => {
      ended = true;
      for (const { reject } of waiting.values()) reject(new Error(`${command[0]} has ended\n${written}`));
      resolve();
    });
  });

  return {
    pid,
    output: () => written,
    hasEnded: () => ended,
    ask<Value>(ask: string, value?: unknown): Promise<Value> {
      if (ended) return Promise.reject(new Error(`${command[0]} has ended\n${written}`));
      const asked = Promise.withResolvers<unknown>();
      const id = ++lastId;
      waiting.set(id, asked);
      child.send({ id, ask, value } satisfies Question);
      return asked.promise as Promise<Value>;
    },
    async end() {
      if (ended) return;
      const started = descendantsOf(pid);
      child.kill('SIGTERM');
      const cutOff = setTimeout(() => child.kill('SIGKILL'), 5_000);
      await exited;
      clearTimeout(cutOff);
      for (const one of started) endQuietly(one);
    },
  };
}

/** User and system time of the processes that this one has started, in milliseconds; undefined outside Linux. */
export function childrenCpuMs(pid: number): number | undefined {
  try {
    const ticks = descendantsOf(pid).reduce((sum, one) => {
      const fields = readFileSync(`/proc/${one}/stat`, 'utf8')
        .replace(/^.*\) /s, '')
        .split(' ');
      return sum + Number(fields[11]) + Number(fields[12]);
    }, 0);
    return ticks * 10;
  } catch {
    return undefined;
  }
}

function descendantsOf(pid: number): number[] {
  try {
    return readdirSync(`/proc/${pid}/task`)
      .flatMap((thread) => readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8').split(' '))
      .filter((text) => text !== '')
      .flatMap((text) => [Number(text), ...descendantsOf(Number(text))]);
  } catch {
    return [];
  }
}

function endQuietly(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}
