/**
 * `npm start`: the sample graph and its gateway, each a process, until Ctrl-C or SIGTERM.
 *
 * It prints where to look once everything is ready. A port in use stops it before anything is started, with how to go
 * on; the gateway's own is the configuration's, or `--port`. It ends with the
 * gateway, whose exit code it takes over; a subgraph that ends while it runs costs one line, since a gateway must do
 * without. On SIGINT or SIGTERM the gateway ends first, while its subgraphs still answer what is in flight; after 15
 * seconds, or a second signal, everything is killed.
 */
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { type Child, startChild } from './runner/child.ts';
import { findTakenPort } from './runner/find-taken-port.ts';
import { readOptions } from './runner/options.ts';
import { report } from './runner/report.ts';
import { root, sampleServices } from './runner/services.ts';

const startTimeoutMs = 60_000;
const gatewayGraceMs = 12_000;
const servicesGraceMs = 2_500;
const signalEchoMs = 300;

const startedAt = performance.now();
const services: Child[] = [];
let gateway: Child | undefined;
let ending = false;
let signalledAt = Number.NEGATIVE_INFINITY;

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    // npm passes on the Ctrl-C that the terminal has already sent to us: two within a moment are one.
    const echo = performance.now() - signalledAt < signalEchoMs;
    signalledAt = performance.now();
    if (echo) return;
    if (ending) killAll();
    else void end(0);
  });
}

const options = await readOptions(process.argv.slice(2));
const gatewayHolder = { title: 'the gateway', port: options.port, host: options.host };
const taken = await findTakenPort([gatewayHolder, ...sampleServices]);
if (taken !== undefined) fail(howToGoOn(taken.port, taken.title, taken === gatewayHolder));
if (!ending) await start();

async function start(): Promise<void> {
  // Compiled code is kept between starts, for every process below: on two busy cores 2.8 s to start instead of 5.7.
  process.env.NODE_COMPILE_CACHE ??= join(root, 'node_modules/.cache/isthmus-compiled');
  // The gateway first: it has the most to load, and composes while the others start.
  gateway = startChild({
    name: 'gateway',
    command: [
      '--max-semi-space-size=16', // as `npm run gateway` has it
      '--heap-growing-percent=100',
      '--no-allocation-site-pretenuring',
      '--import',
      new URL('exit-with-parent.ts', import.meta.url).href,
      'src/cli/main.ts',
      'serve',
      '--config',
      'supergraph.yaml',
      ...options.gatewayArguments,
    ],
    output: 'inherit',
  });
  void gateway.exited.then((code) => (ending ? undefined : end(code)));
  for (const { name, script, port } of sampleServices) {
    services.push(startChild({ name, command: [script, '--port', String(port)], output: 'prefix' }));
  }
  const bound = wait(startTimeoutMs, 'timeout' as const, { ref: false });
  const gatewayUrl = gateway.ready.then(gatewayIsReady);
  const allReady = Promise.all([gatewayUrl, ...services.map(({ ready }) => ready)]).then(() => 'ready' as const);
  const firstEnd = Promise.race(services.map((child) => child.exited.then(() => child)));
  const outcome = await Promise.race([allReady, firstEnd, bound]);
  if (ending) return;
  if (outcome === 'timeout') return fail(`Not everything was ready within ${startTimeoutMs / 1_000} s.`);
  if (outcome !== 'ready') return fail(`${outcome.name} ended before it was ready.`);
  const seconds = ((performance.now() - startedAt) / 1_000).toFixed(1);
  process.stdout.write(report(seconds, await gatewayUrl, options.graphqlPath));
  for (const child of services) {
    void child.exited.then((code) => {
      if (!ending)
        process.stderr.write(`${child.name} ended with exit code ${code}; the gateway goes on without it.\n`);
    });
  }
}

/**
 * @param message what the gateway says once it listens: where
 * @returns its URL once it is ready
 */
async function gatewayIsReady(message: unknown): Promise<string> {
  const listening = new URL((message as { readonly url: string }).url);
  // Where it listens on every address, this machine is one of them.
  if (listening.hostname === '0.0.0.0') listening.hostname = '127.0.0.1';
  if (listening.hostname === '[::]') listening.hostname = '[::1]';
  const keysUrl = new URL('/.well-known/jwks.json', listening).href;
  for (const service of services) service.send({ keysUrl });
  const health = new URL('/health/ready', listening);
  while (!ending) {
    const response = await fetch(health, { signal: AbortSignal.timeout(2_000) }).catch(() => undefined);
    await response?.body?.cancel();
    if (response?.status === 200) break;
    await wait(50);
  }
  return listening.href;
}

function howToGoOn(port: number, title: string, isGateway: boolean): string {
  const other = isGateway
    ? 'or choose another for the gateway: `npm start -- --port 4100`, or server.port in supergraph.yaml.'
    : 'the sample graph needs it. For the gateway alone: `npm run gateway`.';
  return `Port ${port} is in use: ${title} cannot start.\nEnd what listens there (\`lsof -i :${port}\` names it)${isGateway ? ',' : ':'} ${other}`;
}

function fail(message: string): void {
  process.stderr.write(`${message}\n`);
  void end(1);
}

/** The gateway drains while its subgraphs still answer; then they end, all at once. */
async function end(code: number): Promise<void> {
  if (ending) return;
  ending = true;
  await gateway?.stop(gatewayGraceMs);
  await Promise.all(services.map((child) => child.stop(servicesGraceMs)));
  process.exit(code);
}

function killAll(): never {
  gateway?.kill();
  for (const child of services) child.kill();
  process.exit(1);
}
