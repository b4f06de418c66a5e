/**
 * A real Prometheus for one test file, on a free loopback port, and its `promtool`. If they are missing, their tests are
 * skipped with a notice; in CI they fail.
 */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from './free-port.ts';

const installed = spawnSync('prometheus', ['--version']).status === 0;

export const withoutPrometheus = !installed && process.env.CI === undefined;
if (withoutPrometheus) console.warn('skipped: there is no prometheus on this machine (apt-get install prometheus)');

export interface Sample {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: readonly [at: number, value: string];
}

export interface PrometheusServer {
  /** The samples of an expression now. @throws Error with what is wrong of it */
  query(expression: string): Promise<readonly Sample[]>;
  stop(): Promise<void>;
}

/**
 * @param target the address that is scraped, as the job `isthmus`
 * @param rules the text of a file of rules
 */
export async function startPrometheus(target: string, rules: string): Promise<PrometheusServer> {
  if (!installed) throw new Error('There is no prometheus on this machine: apt-get install prometheus');
  const folder = await mkdtemp(join(tmpdir(), 'isthmus-prometheus-'));
  const port = await freePort();
  await writeFile(join(folder, 'rules.yml'), rules);
  await writeFile(
    join(folder, 'prometheus.yml'),
    `global: { scrape_interval: 250ms, scrape_timeout: 250ms, evaluation_interval: 250ms }
rule_files: [rules.yml]
scrape_configs: [{ job_name: isthmus, static_configs: [{ targets: ['${target}'] }] }]
`,
  );
  const args = [
    `--config.file=${folder}/prometheus.yml`,
    `--storage.tsdb.path=${folder}/data`,
    `--web.listen-address=127.0.0.1:${port}`,
  ];
  const child = spawn('prometheus', args, { stdio: ['ignore', 'ignore', 'pipe'] });
  let output = '';
  const ready = new Promise<void>((resolve, reject) => {
    child.stderr.on('data', (chunk: Buffer) => {
      output += String(chunk);
      if (output.includes('Server is ready to receive web requests')) resolve();
    });
    child.once('exit', () => reject(new Error(`prometheus ended:\n${output}`)));
  });
  await ready;
  return {
    async query(expression) {
      const response = await fetch(`http://127.0.0.1:${port}/api/v1/query`, {
        method: 'POST',
        body: new URLSearchParams({ query: expression }),
      });
      const answer = (await response.json()) as {
        readonly error?: string;
        readonly data?: { readonly result: readonly Sample[] };
      };
      if (answer.data === undefined) throw new Error(`${expression}: ${answer.error}`);
      return answer.data.result;
    },
    async stop() {
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
      await rm(folder, { recursive: true, force: true });
    },
  };
}
