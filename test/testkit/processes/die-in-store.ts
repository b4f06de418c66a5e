/**
 * Loaded before a process with `--import`: ends it, as a power failure would, before one of the statements that it sends to
 * its SQLite store. `ISTHMUS_TEST_DIES_AT=into "isthmus_registry_texts":7` is the seventh after the first that has those words.
 * It writes `dies in a transaction` or `dies outside of one` first.
 */
import { writeSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';

const [words = '', count = '0'] = (process.env.ISTHMUS_TEST_DIES_AT ?? '').split(':');
let left = Number(count);
let isCounting = false;
let isInTransaction = false;

/** A statement is prepared each time that it runs. */
function onStatement(sql: string): void {
  isCounting ||= sql.includes(words);
  if (isCounting && left-- === 0) {
    writeSync(1, `dies ${isInTransaction ? 'in a transaction' : 'outside of one'}\n`);
    process.kill(process.pid, 'SIGKILL');
  }
  if (sql.startsWith('begin')) isInTransaction = true;
  if (sql === 'commit' || sql === 'rollback') isInTransaction = false;
}

if (words !== '') {
  const { prepare } = DatabaseSync.prototype;
  DatabaseSync.prototype.prepare = function (this: DatabaseSync, ...parameters: Parameters<typeof prepare>) {
    onStatement(parameters[0]);
    return prepare.apply(this, parameters);
  };
}
