/**
 * A real Open Policy Agent for one test, on a free loopback port. Its tests are registered where there is an `opa`, on the
 * PATH or where `go install github.com/open-policy-agent/opa@v1.9.0` puts it; elsewhere a notice says that they are not.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from './free-port.ts';

const candidates = ['opa', join(process.env.GOPATH ?? join(homedir(), 'go'), 'bin/opa')];
const binary = candidates.find((file) => spawnSync(file, ['version'], { stdio: 'ignore' }).status === 0);

export const withoutOpa = binary === undefined;
if (withoutOpa)
  console.warn('skipped: there is no opa on this machine (go install github.com/open-policy-agent/opa@v1.9.0)');

export interface OpaServer {
  readonly url: string;
  /** The paths of the requests that it has received. */
  readonly requests: readonly string[];
  /** Pauses the process: its connections stay open and it answers nothing. */
  pause(): void;
  resume(): void;
  [Symbol.asyncDispose](): Promise<void>;
}

/** @param rego the policy that it decides by */
export async function startOpaServer(rego: string): Promise<OpaServer> {
  if (binary === undefined) throw new Error('There is no opa on this machine');
  const folder = await mkdtemp(join(tmpdir(), 'isthmus-opa-'));
  await writeFile(join(folder, 'policy.rego'), rego);
  const address = `127.0.0.1:${await freePort()}`;
  const options = ['--addr', address, '--log-format', 'json', '--log-level', 'info', '--disable-telemetry'];
  const child = spawn(binary, ['run', '--server', ...options, join(folder, 'policy.rego')], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const requests: string[] = [];
  const url = `http://${address}`;
  await ready(child, url, requests);
  return {
    url,
    requests,
    pause: () => child.kill('SIGSTOP'),
    resume: () => child.kill('SIGCONT'),
    async [Symbol.asyncDispose]() {
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Its log is read for the requests; that it listens, it does not log. */
async function ready(child: ChildProcess, url: string, requests: string[]): Promise<void> {
  let line = '';
  let output = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    output += String(chunk);
    const lines = (line + String(chunk)).split('\n');
    line = lines.pop() ?? '';
    for (const { msg, req_path: path } of lines.map((text) => JSON.parse(text)))
      if (msg === 'Received request.' && path !== '/health') requests.push(path);
  });
  for (;;) {
    if (child.exitCode !== null) throw new Error(`opa ended:\n${output}`);
    const isReady = await fetch(`${url}/health`).then(
      ({ ok }) => ok,
      () => false,
    );
    if (isReady) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
