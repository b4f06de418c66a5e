import { messageOf } from '../../errors/index.ts';
import type { Store } from '../../store/index.ts';
import type { RecordStore } from '../../store/records/index.ts';
import { fail } from '../frame/cli-failure.ts';
import { withStore } from '../with-store.ts';

const timeoutMs = 10_000;

/**
 * Opens the records of a configuration for one piece of work. A gateway may be writing them meanwhile.
 * @throws ConfigError where the configuration is wrong or the store cannot be opened
 */
export async function withRecords<Result>(
  configFile: string,
  run: (records: RecordStore, store: Store) => Promise<Result>,
): Promise<Result> {
  return withStore(configFile, async (store, config) => {
    const { locateRecords, openRecords } = await import('../../store/records/index.ts');
    let records: RecordStore;
    try {
      records = await openRecords(locateRecords(config.store, store), timeoutMs);
    } catch (error) {
      return fail('STORE', `the records cannot be opened: ${messageOf(error)}`);
    }
    try {
      return await run(records, store);
    } finally {
      await records.close();
    }
  });
}
