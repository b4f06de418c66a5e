/** Durable state: the store, its key, Redis, and the folder beside the configuration. */
import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ConfigError, type ResolvedConfig } from '../../config/index.ts';
import { messageOf } from '../../errors/index.ts';
import { connectRedis, inTime } from '../../redis/index.ts';
import { keyFileOf, openStore } from '../../store/index.ts';
import { skewFinding } from './clock-finding.ts';
import { type Finding, ok, problem } from './finding.ts';

export async function storeFindings({ store, file }: ResolvedConfig): Promise<readonly Finding[]> {
  const place = store.kind === 'sqlite' ? store.file : 'PostgreSQL';
  const isNew = store.kind === 'sqlite' && !(await isThere(store.file));
  if (isNew) return [await folderFinding('store', dirname(store.file), 'is made at the start')];
  const clock: Finding[] = [];
  try {
    const opened = await openStore({ config: store, configFile: file, log: { warn: () => undefined } });
    const began = Date.now();
    const at = await opened.clock();
    if (at !== undefined) clock.push(skewFinding('PostgreSQL', (began + Date.now()) / 2 - at));
    await opened.close();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const message = error.problems.map((each) => `${each.path}: ${each.message}`).join('; ');
    return [
      problem(
        'store',
        message,
        'correct what it says in supergraph.yaml or the environment; a lost key cannot be replaced',
      ),
    ];
  }
  const opens = ok('store', `${place} can be opened`);
  return store.kind === 'sqlite' && store.key === undefined ? [opens, await keyFinding(store.file)] : [opens, ...clock];
}

async function keyFinding(database: string): Promise<Finding> {
  const file = keyFileOf(database);
  const { mode } = await stat(file);
  if (process.platform === 'win32' || (mode & 0o077) === 0) return ok('key file', `${file} is its owner's alone`);
  return problem('key file', `${file} can be read by others: ${(mode & 0o777).toString(8)}`, `chmod 600 ${file}`);
}

export async function writableFindings({ file }: ResolvedConfig): Promise<readonly Finding[]> {
  return [await folderFinding('.isthmus', join(dirname(file), '.isthmus'), 'is made at the start')];
}

async function folderFinding(check: string, folder: string, whenMissing: string): Promise<Finding> {
  const fix = `let this user write ${folder}: without, schemas and generations are not kept over a restart`;
  const state = await stat(folder).catch(() => undefined);
  if (state !== undefined && !state.isDirectory()) return problem(check, `${folder} is no folder`, `remove ${folder}`);
  const place = state === undefined ? dirname(folder) : folder;
  if (state === undefined && !(await isThere(place))) return folderFinding(check, place, whenMissing);
  try {
    await access(place, constants.W_OK);
    return ok(check, state === undefined ? `${folder} ${whenMissing}` : `${folder} is writable`);
  } catch {
    return problem(check, `${place} is not writable`, fix);
  }
}

const redisMs = 3_000;

interface ClockScript {
  doctorTime(): Promise<readonly [string, string]>;
}

export async function redisFindings({ cache, ai, limits }: ResolvedConfig): Promise<readonly Finding[]> {
  const urls = [
    ...(cache.store.kind === 'memory' ? [] : [cache.store.url]),
    ...(ai.cache.store.kind === 'memory' ? [] : [ai.cache.store.url]),
    ...(ai.budgetCounters === undefined ? [] : [ai.budgetCounters.url]),
    ...(limits.rateCounters === undefined ? [] : [limits.rateCounters.url]),
  ];
  return (await Promise.all([...new Set(urls)].map(redisFinding))).flat();
}

async function redisFinding(url: string): Promise<readonly Finding[]> {
  const name = url.replace(/\/\/[^@/]*@/, '//');
  const ready = Promise.withResolvers<void>();
  const scripts = { doctorTime: { lua: "return redis.call('TIME')", numberOfKeys: 0 } };
  const redis = connectRedis<ClockScript>({
    url,
    scripts,
    onReady: ready.resolve,
    onClose: (reason) => ready.reject(new Error(reason ?? 'the connection was closed')),
  });
  try {
    await inTime(ready.promise, redisMs);
    const began = Date.now();
    const [seconds] = await inTime(redis.client.doctorTime(), redisMs);
    return [
      ok('redis', `${name} answers`),
      skewFinding('redis', (began + Date.now()) / 2 - Number(seconds) * 1_000 - 500),
    ];
  } catch (error) {
    return [
      problem(
        'redis',
        `${name}: ${redis.lastError ?? messageOf(error)}`,
        'start it, or correct its URL in supergraph.yaml',
      ),
    ];
  } finally {
    redis.close();
  }
}

const isThere = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );
