import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import { prepareShop, waiting } from '../testkit/processes/served-workers.ts';
import { spawnIsthmus } from '../testkit/processes/spawn-isthmus.ts';

describe('the records of isthmus serve', () => {
  it('are there without a setting, of all workers, and a killed process loses the last of them at most', async () => {
    await using shop = await prepareShop();
    const serve = async () => {
      const isthmus = spawnIsthmus(['serve', '--config', shop.config, '--port', '0', '--workers', '2']);
      const [, url = ''] = await isthmus.waitFor(/"url":"([^"]+)"/);
      return { isthmus, url };
    };
    const ask = (url: string, name: string) =>
      fetch(`${url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ query: `query ${name} { products { name } }` }),
      }).then((response) => response.text());
    const askAll = (url: string, name: string) => Promise.all(Array.from({ length: 40 }, () => ask(url, name)));
    const file = join(shop.folder, '.isthmus', 'state.records.db');
    const counts = (): Readonly<Record<string, number>> => {
      const database = new DatabaseSync(file, { readOnly: true });
      try {
        const rows = database
          .prepare(
            `select operation as name, count(*) as n from isthmus_records group by 1
             union all select 'sum of ' || operation, sum(count) from isthmus_record_sums group by 1
             union all select 'usage of ' || name, sum(count) from isthmus_usage join isthmus_used_operations
               on id = operation group by 1`,
          )
          .all();
        return Object.fromEntries(rows.map(({ name, n }) => [String(name), Number(n)]));
      } finally {
        database.close();
      }
    };
    const first = await serve();
    try {
      await askAll(first.url, 'First');
      await expect.poll(counts, waiting).toEqual({ First: 40, 'sum of First': 40, 'usage of First': 40 });
      const following = spawnIsthmus(['log', '--follow', '--limit', '1', '--config', shop.config]);
      try {
        await following.waitFor(/"operation":"First"/);
        await ask(first.url, 'Followed');
        await following.waitFor(/"operation":"Followed"/);
      } finally {
        following.child.kill('SIGKILL');
      }
      await askAll(first.url, 'Second');
    } finally {
      first.isthmus.child.kill('SIGKILL');
    }
    await first.isthmus.ended;
    const left = counts();
    expect(left).toMatchObject({ First: 40, 'sum of First': 40 });
    expect(left.Second ?? 0).toBeLessThanOrEqual(40);
    const next = await serve();
    try {
      await askAll(next.url, 'Third');
      next.isthmus.child.kill('SIGTERM');
      expect(await next.isthmus.ended).toBe(0);
    } finally {
      next.isthmus.child.kill('SIGKILL');
    }
    // What it had at its end is written.
    expect(counts()).toEqual({ ...left, Third: 40, 'sum of Third': 40, 'usage of Third': 40 });
    const command = ['src/cli/main.ts', 'log', '--operation', 'Third', '--config', shop.config];
    const lines = execFileSync(process.execPath, command, { encoding: 'utf8' }).trim().split('\n');
    expect(lines).toHaveLength(40);
    expect(new Set(lines.map((line) => JSON.parse(line).status))).toEqual(new Set([200]));
  }, 120_000);
});
