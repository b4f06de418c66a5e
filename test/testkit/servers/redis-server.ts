/**
 * A real `redis-server` for one test file, on a free loopback port, without files. If the binary is missing, its tests
 * are skipped with a notice; in CI they fail.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { freePort } from './free-port.ts';

export interface RedisServer {
  readonly url: string;
  readonly port: number;
  /** Pauses the process: its connections stay open and it answers nothing. */
  pause(): void;
  resume(): void;
  /** Kills it, as a crash would. */
  kill(): Promise<void>;
}

const installed = spawnSync('redis-server', ['--version']).status === 0;

/** Whether tests against Redis cannot run here; on CI they run, and fail without it. */
export const withoutRedis = !installed && process.env.CI === undefined;
if (withoutRedis) console.warn('skipped: there is no redis-server on this machine (apt-get install redis-server)');

/** @param port default: any free one */
export async function startRedisServer(port?: number, options: readonly string[] = []): Promise<RedisServer> {
  if (!installed) throw new Error('There is no redis-server on this machine: apt-get install redis-server');
  const chosen = port ?? (await freePort());
  const settings = ['--port', String(chosen), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'];
  const child = spawn('redis-server', [...settings, '--dir', tmpdir(), '--daemonize', 'no', ...options], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  await ready(child);
  return {
    url: `redis://127.0.0.1:${chosen}`,
    port: chosen,
    pause: () => child.kill('SIGSTOP'),
    resume: () => child.kill('SIGCONT'),
    async kill() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    },
  };
}

async function ready(child: ChildProcess): Promise<void> {
  let output = '';
  for await (const chunk of child.stdout ?? []) {
    output += String(chunk);
    if (output.includes('Ready to accept connections')) break;
  }
  if (child.exitCode !== null) throw new Error(`redis-server ended:\n${output}`);
}
