/**
 * How the command line finds the gateways that serve a configuration on this machine: each has a file under `.isthmus/`
 * beside it, `gateways/<pid>.json`, with the outcome of its last reload. The process id may have been reused, so
 * the start time of the process is compared too.
 */
import { execFile } from 'node:child_process';
import { rmSync } from 'node:fs';
import { mkdir, readdir } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { readTextFile } from '../../lib/index.ts';
import { writeWhole } from '../write-whole.ts';

export interface RunningGateway {
  readonly pid: number;
  /** The start time of the process, as the system reports it. */
  readonly began: string;
  /** The absolute path of its configuration. */
  readonly config: string;
  readonly url: string;
  readonly generation: string;
  /** The number of reloads, and the outcome of the last one. */
  readonly reloads: number;
  readonly outcome?: { readonly kind: 'swapped' | 'unchanged' | 'refused' | 'stopped'; readonly error?: string };
}

const folderOf = (config: string): string => join(dirname(resolve(config)), '.isthmus', 'gateways');
const fileOf = ({ config, pid }: { readonly config: string; readonly pid: number }): string =>
  join(folderOf(config), `${pid}.json`);

/** Registers this process as serving. */
export async function recordGateway(gateway: RunningGateway): Promise<void> {
  await mkdir(folderOf(gateway.config), { recursive: true });
  await writeWhole(fileOf(gateway), JSON.stringify(gateway));
}

/** Synchronous: it is called when the process exits. */
export function forgetGateway(gateway: RunningGateway): void {
  rmSync(fileOf(gateway), { force: true });
}

/** The gateways of this configuration that are running; files of ended processes are removed. */
export async function findGateways(config: string): Promise<readonly RunningGateway[]> {
  const folder = folderOf(config);
  const files = (await readdir(folder).catch(() => [])).filter((file) => file.endsWith('.json'));
  const gateways = await Promise.all(files.map((file) => readGateway(join(folder, file))));
  const running: RunningGateway[] = [];
  for (const gateway of gateways) {
    if (gateway === undefined || gateway.config !== resolve(config)) continue;
    if ((await startTimeOf(gateway.pid)) === gateway.began) running.push(gateway);
    else forgetGateway(gateway);
  }
  return running;
}

export async function rereadGateway(gateway: RunningGateway): Promise<RunningGateway | undefined> {
  return readGateway(fileOf(gateway));
}

async function readGateway(file: string): Promise<RunningGateway | undefined> {
  try {
    const value: unknown = JSON.parse(await readTextFile(file));
    if (value === null || typeof value !== 'object') return undefined;
    const { pid, began, config, url, generation, reloads } = value as Record<keyof RunningGateway, unknown>;
    const texts = [began, config, url, generation].every((text) => typeof text === 'string' && text !== '');
    return texts && Number.isInteger(pid) && Number.isInteger(reloads) ? (value as RunningGateway) : undefined;
  } catch {
    return undefined;
  }
}

/** The start time of a process; empty if it does not exist or the system does not report it. */
export async function startTimeOf(pid: number): Promise<string> {
  try {
    // After the name, which may hold spaces and brackets; the 22nd field of proc_pid_stat(5).
    const stat = await readTextFile(`/proc/${pid}/stat`);
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  } catch {
    if (process.platform === 'linux') return '';
  }
  try {
    const { stdout } = await promisify(execFile)('ps', ['-o', 'lstart=', '-p', String(pid)], { timeout: 5_000 });
    return stdout.trim();
  } catch {
    return '';
  }
}
