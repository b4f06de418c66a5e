/** What a gateway needs of the machine, whatever its configuration is or is not. */
import { statfs } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { dirname, resolve } from 'node:path';
import type { ResolvedConfig } from '../../config/index.ts';
import { countOf, readTextFile } from '../../lib/index.ts';
import { type Finding, ok, problem, warning } from './finding.ts';

const testedMajor = 26;

export async function machineFindings(configFile: string): Promise<readonly Finding[]> {
  return [nodeFinding(), timeZoneFinding(), await diskFinding(dirname(resolve(configFile)))];
}

function nodeFinding(): Finding {
  const { node } = process.versions;
  if (Number(node.split('.')[0]) >= testedMajor) return ok('node', `Node ${node}`);
  const fix = `install Node ${testedMajor}, or run \`npx -p node@${testedMajor} -p isthmus isthmus\``;
  return warning('node', `Node ${node} works, and Isthmus is tested with ${testedMajor}`, fix);
}

/** Budgets with a calendar begin by it. */
function timeZoneFinding(): Finding {
  const fix = 'install a Node with full ICU data, or unset NODE_ICU_DATA';
  try {
    new Intl.DateTimeFormat('en', { timeZone: 'Europe/Berlin' }).format();
    return ok('time zones', `the data of ${Intl.supportedValuesOf('timeZone').length} time zones`);
  } catch {
    return problem('time zones', 'Node has no data of time zones: budgets of calendar days cannot begin', fix);
  }
}

const leastBytes = 200_000_000;
const lowBytes = 1_000_000_000;

async function diskFinding(folder: string): Promise<Finding> {
  const fix = 'free space: the store, records and logs are written there';
  const disk = await statfs(folder).catch(() => undefined);
  if (disk === undefined) return problem('disk', `there is no folder ${folder}`, 'name a configuration with --config');
  const free = disk.bavail * disk.bsize;
  const message = `${(free / 1e9).toFixed(1)} GB are free at ${folder}`;
  if (free < leastBytes) return problem('disk', message, fix);
  return free < lowBytes ? warning('disk', message, fix) : ok('disk', message);
}

/** Threads and open files, against what is configured. */
export async function capacityFindings({ server, traffic }: ResolvedConfig): Promise<readonly Finding[]> {
  const cores = availableParallelism();
  const { workers } = server;
  const threads = `${countOf(workers, 'worker')} on ${countOf(cores, 'core')}`;
  const threadFinding =
    workers > cores
      ? warning(
          'workers',
          threads,
          `set server.workers to ${cores} or auto: more threads than cores slow each other down`,
        )
      : ok('workers', threads);
  const limit = await openFilesLimit();
  if (limit === undefined) return [threadFinding];
  const toSubgraphs = Object.values(traffic.subgraphs).reduce((sum, { maxConnections }) => sum + maxConnections, 0);
  const needed = workers * toSubgraphs + clientConnections;
  const files = `${limit} open files, of which connections may take ${needed}`;
  const fix = `raise it (\`ulimit -n ${needed * 2}\`, LimitNOFILE of systemd), or lower traffic.….max_connections`;
  return [threadFinding, limit < needed ? warning('open files', files, fix) : ok('open files', files)];
}

const clientConnections = 1_000;

/** @returns undefined where the system does not say, or there is no limit */
async function openFilesLimit(): Promise<number | undefined> {
  const limits = await readTextFile('/proc/self/limits').catch(() => '');
  const [, soft] = /^Max open files\s+(\d+)/m.exec(limits) ?? [];
  return soft === undefined ? undefined : Number(soft);
}
