/**
 * A real nginx that terminates TLS in front of a gateway, as docs/network.md configures it. If the binary is missing, its
 * tests are skipped with a notice; in CI they fail.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from './free-port.ts';
import type { IssuedCertificate } from './test-authority.ts';

const paths = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin` };
const installed = spawnSync('nginx', ['-v'], { env: paths }).status === 0;

export const withoutNginx = !installed && process.env.CI === undefined;
if (withoutNginx) console.warn('skipped: there is no nginx on this machine (apt-get install nginx)');

export interface NginxServer {
  readonly url: string;
  stop(): Promise<void>;
}

/** @param caches whether it caches answers, as a CDN does; `x-cache` says whether it has answered itself */
export async function startNginx(
  upstream: string,
  { certFile, keyFile }: IssuedCertificate,
  { caches = false } = {},
): Promise<NginxServer> {
  if (!installed) throw new Error('There is no nginx on this machine: apt-get install nginx');
  const folder = await mkdtemp(join(tmpdir(), 'isthmus-nginx-'));
  const port = await freePort();
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (kind) => `${kind}_temp_path ${folder}/${kind};`,
  );
  const cachePath = caches ? `proxy_cache_path ${folder}/cache keys_zone=answers:1m;` : '';
  const cache = caches
    ? 'proxy_cache answers; proxy_cache_revalidate on; add_header x-cache $upstream_cache_status always;'
    : '';
  const configuration = `daemon off;
master_process off;
pid ${folder}/nginx.pid;
error_log ${folder}/error.log;
events {}
http {
  access_log off;
  ${temporary.join('\n  ')}
  ${cachePath}
  upstream isthmus { server ${new URL(upstream).host}; keepalive 8; }
  server {
    listen 127.0.0.1:${port} ssl;
    ssl_certificate ${certFile};
    ssl_certificate_key ${keyFile};
    location / {
      ${cache}
      proxy_pass http://isthmus;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Host $host;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
      proxy_set_header X-Forwarded-Proto $scheme;
      proxy_set_header X-Request-Id $request_id;
    }
  }
}
`;
  await writeFile(join(folder, 'nginx.conf'), configuration);
  const child = spawn('nginx', ['-p', folder, '-c', join(folder, 'nginx.conf')], { env: paths, stdio: 'ignore' });
  await listening(child, port);
  return {
    url: `https://127.0.0.1:${port}`,
    async stop() {
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function listening(child: ChildProcess, port: number): Promise<void> {
  for (;;) {
    if (child.exitCode !== null) throw new Error(`nginx ended with ${child.exitCode}`);
    const socket = connect(port, '127.0.0.1');
    const isOpen = await new Promise<boolean>((resolve) => {
      socket.once('connect', () => resolve(true)).once('error', () => setTimeout(() => resolve(false), 20));
    });
    socket.destroy();
    if (isOpen) return;
  }
}
