/** A real Redis with a replica and a Sentinel that fails over within a second. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { freePort } from './free-port.ts';
import { type RedisServer, startRedisServer } from './redis-server.ts';

export interface RedisSentinel {
  readonly url: string;
  readonly primary: RedisServer;
  readonly replica: RedisServer;
  kill(): Promise<void>;
}

export async function startRedisSentinel(): Promise<RedisSentinel> {
  const primary = await startRedisServer(undefined, ['--repl-diskless-sync-delay', '0']);
  const replica = await startRedisServer(undefined, ['--replicaof', '127.0.0.1', String(primary.port)]);
  await untilReplicated(primary);
  const port = await freePort();
  const folder = await mkdtemp(join(tmpdir(), 'isthmus-sentinel-'));
  const file = join(folder, 'sentinel.conf');
  const settings = [
    `port ${port}`,
    'bind 127.0.0.1',
    `dir ${folder}`,
    `sentinel monitor main 127.0.0.1 ${primary.port} 1`,
    'sentinel down-after-milliseconds main 300',
    'sentinel failover-timeout main 1000',
  ];
  await writeFile(file, settings.join('\n'));
  const child = spawn('redis-server', [file, '--sentinel'], { stdio: 'ignore' });
  await untilWatched(port);
  return {
    url: `redis-sentinel://127.0.0.1:${port}/main`,
    primary,
    replica,
    async kill() {
      await Promise.all([end(child), primary.kill(), replica.kill()]);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function untilReplicated({ url }: RedisServer): Promise<void> {
  const redis = new Redis(url);
  await until(async () => (await redis.info('replication')).includes('state=online'));
  redis.disconnect();
}

/** The Sentinel knows the replica, and that it has all data: otherwise it fails over to it only much later. */
async function untilWatched(port: number): Promise<void> {
  const sentinel = new Redis(port, '127.0.0.1');
  sentinel.on('error', () => undefined);
  await until(async () => {
    const [replica = []] = (await sentinel.call('SENTINEL', 'REPLICAS', 'main')) as readonly (readonly string[])[];
    const of = (field: string) => replica[replica.indexOf(field) + 1];
    return of('flags') === 'slave' && of('master-link-status') === 'ok';
  });
  sentinel.disconnect();
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 20));
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}
