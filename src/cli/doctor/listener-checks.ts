/** Where the gateway listens: ports, certificates, and the gateways of this configuration that run. */
import { X509Certificate } from 'node:crypto';
import { createServer } from 'node:net';
import type { ResolvedConfig } from '../../config/index.ts';
import { messageOf } from '../../errors/index.ts';
import { readTextFile } from '../../lib/index.ts';
import { findGateways } from '../serve/running-gateways.ts';
import { type Finding, ok, problem, warning } from './finding.ts';

const timeoutMs = 3_000;

export async function listenerFindings({ file, server, admin }: ResolvedConfig): Promise<readonly Finding[]> {
  const running = await findGateways(file);
  const gateways = await Promise.all(running.map(({ url, pid }) => gatewayFinding(url, pid)));
  const places = [
    { check: 'port', key: 'server.port', host: server.host, port: server.port },
    ...(admin === undefined ? [] : [{ check: 'admin port', key: 'admin.port', host: admin.host, port: admin.port }]),
  ];
  const ports = await Promise.all(
    places.map(async ({ check, key, host, port }) => {
      const place = `${host}:${port}`;
      if (port === 0) return ok(check, 'a free one is taken');
      const code = await listenProblem(host, port);
      if (code === undefined) return ok(check, `${place} is free`);
      if (running.length > 0 && code === 'EADDRINUSE') return ok(check, `${place} is that of a running gateway`);
      const fix =
        code === 'EADDRINUSE' ? `stop the process that has it, or choose another ${key}` : `correct ${key} or its host`;
      return problem(check, `${place} cannot be listened on: ${code}`, fix);
    }),
  );
  return [...ports, ...gateways];
}

/** @returns the code of the error */
function listenProblem(host: string, port: number): Promise<string | undefined> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    server.listen(port, host, () => server.close(() => resolve(undefined)));
  });
}

async function gatewayFinding(url: string, pid: number): Promise<Finding> {
  const name = `${url} (process ${pid})`;
  try {
    const response = await fetch(new URL('/health/ready', url), { signal: AbortSignal.timeout(timeoutMs) });
    const text = (await response.text()).slice(0, 300);
    if (response.ok) return ok('running gateway', `${name} is ready`);
    return problem('running gateway', `${name} is not ready: ${text}`, 'read its log');
  } catch (error) {
    return problem(
      'running gateway',
      `${name} does not answer: ${messageOf(error)}`,
      'read its log, or end the process',
    );
  }
}

const dayMs = 86_400_000;
const soonDays = 21;

export async function certificateFindings({ server, traffic }: ResolvedConfig): Promise<readonly Finding[]> {
  const files = [
    ...(server.tls === undefined ? [] : [server.tls.cert]),
    ...Object.values(traffic.subgraphs).flatMap(({ tls }) => (tls?.pair === undefined ? [] : [tls.pair.cert])),
  ];
  const distinct = new Map(files.map(({ path, place }) => [path, place]));
  return Promise.all([...distinct].map(([path, place]) => certificateFinding(path, place)));
}

async function certificateFinding(path: string, place: string): Promise<Finding> {
  try {
    const { validToDate } = new X509Certificate(await readTextFile(path));
    const days = Math.floor((validToDate.getTime() - Date.now()) / dayMs);
    const message = `${path} (${place}) ${days < 0 ? 'expired' : 'expires'} ${validToDate.toISOString().slice(0, 10)}`;
    if (days < 0) return problem('certificate', message, 'replace it: the file is read again while the gateway runs');
    return days < soonDays ? warning('certificate', message, 'renew it') : ok('certificate', message);
  } catch (error) {
    return problem('certificate', `${path} (${place}) cannot be read: ${messageOf(error)}`, `correct ${place}`);
  }
}
