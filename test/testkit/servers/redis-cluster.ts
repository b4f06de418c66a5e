/** A real Redis Cluster of three nodes for one test file, made by `redis-cli --cluster create`. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { freePort } from './free-port.ts';
import { type RedisServer, startRedisServer } from './redis-server.ts';

export interface RedisCluster {
  /** By two of its nodes. */
  readonly url: string;
  readonly nodes: readonly RedisServer[];
  kill(): Promise<void>;
}

/** Files of the certificate that nodes have, and of who issued it. */
export interface ClusterTls {
  readonly certFile: string;
  readonly keyFile: string;
  readonly caFile: string;
}

/** @param tls @default without TLS */
export async function startRedisCluster(tls?: ClusterTls): Promise<RedisCluster> {
  const nodes = await Promise.all([0, 1, 2].map(() => startNode(tls)));
  const addresses = nodes.map(({ port }) => `127.0.0.1:${port}`);
  const trusting = tls === undefined ? [] : ['--tls', '--cacert', tls.caFile];
  await run('redis-cli', [...trusting, '--cluster', 'create', ...addresses, '--cluster-yes']);
  await Promise.all(nodes.map(untilWhole));
  return {
    url: `${tls === undefined ? 'redis' : 'rediss'}-cluster://${addresses.slice(0, 2).join(',')}`,
    nodes,
    async kill() {
      await Promise.all(nodes.map((node) => node.kill()));
      await Promise.all(nodes.map(({ port }) => rm(join(tmpdir(), configOf(port)), { force: true })));
    },
  };
}

async function startNode(tls: ClusterTls | undefined): Promise<RedisServer> {
  const [port, busPort] = [await freePort(), await freePort()];
  const settings = ['--cluster-enabled', 'yes', '--cluster-port', String(busPort)];
  const ofCluster = ['--cluster-config-file', configOf(port), '--cluster-node-timeout', '2000'];
  // A node that fails leaves the slots of the others served.
  const ofFailures = ['--cluster-require-full-coverage', 'no'];
  const node = await startRedisServer(port, [...settings, ...ofCluster, ...ofFailures, ...tlsSettings(port, tls)]);
  return tls === undefined ? node : { ...node, url: `rediss://127.0.0.1:${port}` };
}

function tlsSettings(port: number, tls: ClusterTls | undefined): readonly string[] {
  if (tls === undefined) return [];
  const files = ['--tls-cert-file', tls.certFile, '--tls-key-file', tls.keyFile, '--tls-ca-cert-file', tls.caFile];
  return ['--port', '0', '--tls-port', String(port), '--tls-cluster', 'yes', '--tls-auth-clients', 'no', ...files];
}

function configOf(port: number): string {
  return `isthmus-test-nodes-${port}.conf`;
}

async function untilWhole({ url }: RedisServer): Promise<void> {
  const redis = new Redis(url);
  try {
    while (!(await redis.cluster('INFO')).includes('cluster_state:ok'))
      await new Promise((resolve) => setTimeout(resolve, 20));
  } finally {
    redis.disconnect();
  }
}

async function run(command: string, parameters: readonly string[]): Promise<void> {
  const child = spawn(command, parameters, { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += String(chunk)));
  const [code] = await once(child, 'exit');
  if (code !== 0) throw new Error(`${command} ended with ${code}:\n${output}`);
}
