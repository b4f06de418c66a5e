/**
 * One process the runner started. It is detached, so that Ctrl-C in the terminal reaches the runner alone, which ends
 * everything in order; and it holds an IPC channel, so that it ends itself where the runner is killed.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import type { GatewayNotice } from '../run-alone.ts';
import { root } from './services.ts';

export interface ChildOptions {
  readonly name: string;
  /** What follows `node`. */
  readonly command: readonly string[];
  /** `inherit` shows its output as it is; `prefix` puts its name before each line. */
  readonly output: 'inherit' | 'prefix';
}

export interface Child {
  readonly name: string;
  /** Resolves with what it says when it is ready; never where it says nothing. */
  readonly ready: Promise<unknown>;
  /** The exit code, or 128 and the number of the signal, as shells count. */
  readonly exited: Promise<number>;
  /** SIGTERM, then SIGKILL where it has not ended after so long. */
  stop(graceMs: number): Promise<void>;
  kill(): void;
  send(message: GatewayNotice): void;
}

const signalNumbers: Readonly<Partial<Record<NodeJS.Signals, number>>> = { SIGINT: 2, SIGKILL: 9, SIGTERM: 15 };

export function startChild({ name, command, output }: ChildOptions): Child {
  const pipe = output === 'inherit' ? 'inherit' : 'pipe';
  const child: ChildProcess = spawn(process.execPath, command, {
    cwd: root,
    detached: true,
    stdio: [output === 'inherit' ? 'inherit' : 'ignore', pipe, pipe, 'ipc'],
  });
  if (child.stdout !== null) prefixLines(child.stdout, name);
  if (child.stderr !== null) prefixLines(child.stderr, name);

  const exited = new Promise<number>((resolve) => {
    child.once('error', (error) => {
      process.stderr.write(`${name} cannot start: ${error.message}\n`);
      resolve(1);
    });
    child.once('exit', (code, signal) => resolve(code ?? 128 + (signal === null ? 0 : (signalNumbers[signal] ?? 0))));
  });
  return {
    name,
    ready: new Promise((resolve) => child.once('message', resolve)),
    exited,
    async stop(graceMs) {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), graceMs);
      await exited;
      clearTimeout(timer);
    },
    kill: () => child.kill('SIGKILL'),
    send: (message) => void (child.connected && child.send(message)),
  };
}

function prefixLines(stream: Readable, name: string): void {
  createInterface({ input: stream }).on('line', (line) => console.log(`[${name}] ${line}`));
}
