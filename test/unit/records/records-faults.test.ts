/** Where the store cannot be written for a time: nothing ends, nothing waits, what is held is written once, and it goes on. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openRecords } from '../../../src/store/records/index.ts';
import { type PostgresServer, startPostgresServer, withoutPostgres } from '../../testkit/servers/postgres-server.ts';
import { madeRequest } from './made-events.ts';
import { allOf, ever, folder, keys, type Recording, record } from './recording.ts';

function recordSome({ sink }: Recording, count: number): void {
  for (let index = 0; index < count; index++) sink.record(madeRequest());
}

const until = (isTrue: () => boolean) => expect.poll(isTrue, { timeout: 20_000, interval: 10 }).toBe(true);

/** Everything is there, once. */
async function expectAll(recording: Recording, count: number): Promise<void> {
  const store = await recording.store();
  expect(await allOf(store)).toHaveLength(count);
  expect((await store.sums({ ...ever, by: [] }))[0]?.count).toBe(count);
  expect(recording.counts.read()).toEqual({ written: count, dropped: 0, isFailing: false });
}

/** @param spoil has writing fail @param mend ends that */
async function goesOn(recording: Recording, spoil: () => unknown, mend: () => unknown): Promise<void> {
  const { counts, log } = recording;
  recordSome(recording, 100);
  await until(() => counts.read().written === 100);
  await spoil();
  recordSome(recording, 500);
  await until(() => counts.read().isFailing);
  recordSome(recording, 500);
  await mend();
  await until(() => counts.read().written === 1_100);
  await expectAll(recording, 1_100);
  expect(log.filter((line) => line.startsWith('failing'))).toHaveLength(1);
  expect(log.filter((line) => line === 'working')).toHaveLength(1);
}

describe('records', () => {
  it('wait for a database that another process has locked', async () => {
    const file = join(folder, 'locked', 'state.records.db');
    await using recording = record({ open: () => openRecords({ kind: 'sqlite', file, keys }, 50) });
    let other: DatabaseSync | undefined;
    const lock = (): void => {
      other = new DatabaseSync(file);
      other.exec('begin immediate');
    };
    await goesOn(recording, lock, () => other?.close());
  });

  const mayMount = process.platform === 'linux' && process.getuid?.() === 0;
  it.skipIf(!mayMount)('wait for a disk that is full', async () => {
    const disk = join(folder, 'disk');
    mkdirSync(disk);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', disk]);
    try {
      const file = join(disk, 'state.records.db');
      await using recording = record({ open: () => openRecords({ kind: 'sqlite', file, keys }, 1_000) });
      const filler = join(disk, 'filler');
      const fill = (): void => {
        for (let size = 4_000_000; size >= 1_000; size >>= 1) {
          try {
            writeFileSync(filler, Buffer.alloc(size), { flag: 'a' });
          } catch {
            // as much as there is room for
          }
        }
      };
      await goesOn(recording, fill, () => rmSync(filler));
    } finally {
      execFileSync('umount', ['--lazy', disk]);
    }
  });

  describe.skipIf(withoutPostgres)('in PostgreSQL', () => {
    let server: PostgresServer;
    beforeAll(async () => {
      server = await startPostgresServer();
    }, 60_000);
    afterAll(() => server[Symbol.asyncDispose]());

    it('wait for one that is paused, and for one that has ended', async () => {
      const open = () => openRecords({ kind: 'postgres', url: server.url, keys }, 500);
      await using recording = record({ open });
      await goesOn(recording, server.pause, server.resume);
      await using next = record({ open });
      recordSome(next, 1);
      await until(() => next.counts.read().written === 1);
      await server.stop();
      recordSome(next, 10);
      await until(() => next.counts.read().isFailing);
      await server.start();
      await until(() => next.counts.read().written === 11);
      expect(await allOf(await next.store())).toHaveLength(1_111);
    }, 60_000);
  });
});
