/**
 * A real PostgreSQL of its own for a test file, on a free loopback port, in a temporary folder. Where the binary is missing,
 * its tests are skipped and say so; on CI they fail. PostgreSQL refuses to run as root: then it runs as another user.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, existsSync, globSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { childrenOf } from '../processes/children-of.ts';
import { freePort } from './free-port.ts';

export interface PostgresServer {
  readonly url: string;
  /** Pauses it: connections stay open, new ones wait, nothing is answered. */
  pause(): Promise<void>;
  resume(): Promise<void>;
  /** Ends it at once, with its connections. */
  stop(): Promise<void>;
  /** Starts it again after `stop`, on the same port with the same data. */
  start(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

const [binary] = [...globSync('/usr/lib/postgresql/*/bin/postgres').sort().reverse(), '/usr/local/bin/postgres'].filter(
  (file) => existsSync(file),
);

/** Whether tests against PostgreSQL cannot run here; on CI they run, and fail without it. */
export const withoutPostgres = binary === undefined && process.env.CI === undefined;
if (withoutPostgres) console.warn('skipped: there is no PostgreSQL on this machine (apt-get install postgresql)');

export async function startPostgresServer(): Promise<PostgresServer> {
  if (binary === undefined) throw new Error('There is no PostgreSQL on this machine: apt-get install postgresql');
  const account = process.getuid?.() === 0 ? unprivileged() : undefined;
  const folder = mkdtempSync(join(tmpdir(), 'isthmus-postgres-'));
  if (account !== undefined) chownSync(folder, account.uid, account.gid);
  const as = { cwd: folder, ...account };
  const initialise = ['-D', folder, '--username', 'isthmus', '--auth', 'trust', '--no-sync', '--encoding', 'UTF8'];
  execFileSync(join(dirname(binary), 'initdb'), initialise, { ...as, stdio: ['ignore', 'ignore', 'inherit'] });
  const port = await freePort();
  const settings = ['fsync=off', 'listen_addresses=127.0.0.1', `port=${port}`, `unix_socket_directories=${folder}`];
  let child: ChildProcess | undefined;

  const signalAll = async (signal: NodeJS.Signals): Promise<void> => {
    // Its connections are processes of its own, which a signal to the first one does not reach.
    if (child?.pid === undefined) return;
    for (const pid of [child.pid, ...(await childrenOf(child.pid))]) {
      try {
        process.kill(pid, signal);
      } catch {
        // a connection that has ended meanwhile
      }
    }
  };
  const server: PostgresServer = {
    url: `postgres://isthmus@127.0.0.1:${port}/postgres`,
    pause: () => signalAll('SIGSTOP'),
    resume: () => signalAll('SIGCONT'),
    async start() {
      child = spawn(binary, ['-D', folder, ...settings.flatMap((setting) => ['-c', setting])], {
        ...as,
        stdio: ['ignore', 'ignore', 'pipe'],
      });
      const ready = Promise.withResolvers<void>();
      let output = '';
      child.stderr?.on('data', (chunk: Buffer) => {
        output += String(chunk);
        if (output.includes('ready to accept connections')) ready.resolve();
      });
      child.on('exit', () => ready.reject(new Error(`postgres ended:\n${output}`)));
      await ready.promise;
    },
    async stop() {
      if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, 'exit');
      await signalAll('SIGCONT');
      child.kill('SIGQUIT');
      await ended;
    },
    async [Symbol.asyncDispose]() {
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
  await server.start();
  return server;
}

function unprivileged(): { readonly uid: number; readonly gid: number } {
  const id = (option: string): number => Number(execFileSync('id', [option, 'nobody'], { encoding: 'utf8' }));
  return { uid: id('-u'), gid: id('-g') };
}
