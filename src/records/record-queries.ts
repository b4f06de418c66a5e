/** What is read of records, and erased, while a gateway writes them: by the thread that writes, as it has the store open. */
import { unreachable } from '../lib/index.ts';
import type { RecordGroup, RecordPage, RecordPageRequest, RecordSumsRequest } from '../store/records/index.ts';
import type { Usage, UsageRequest } from '../usage/index.ts';
import type { Recorder } from './recorder.ts';

/** Records and their sums, wherever they are read. */
export interface RecordReader {
  search(request: RecordPageRequest): Promise<RecordPage>;
  sums(request: RecordSumsRequest): Promise<readonly RecordGroup[]>;
  usage(request: UsageRequest): Promise<Usage>;
  /** Deletes the records of a person. @returns how many */
  erase(principal: string): Promise<number>;
}

export type RecordQuery =
  | { readonly kind: 'search'; readonly request: RecordPageRequest }
  | { readonly kind: 'sums'; readonly request: RecordSumsRequest }
  | { readonly kind: 'usage'; readonly request: UsageRequest }
  | { readonly kind: 'erase'; readonly principal: string };

export type RecordAnswer = RecordPage | readonly RecordGroup[] | Usage | number;

/** With everything that has been handed on until now. */
export const answerQuery =
  (recorder: Recorder) =>
  async (query: RecordQuery): Promise<RecordAnswer> => {
    await recorder.written();
    const store = await recorder.store();
    switch (query.kind) {
      case 'search':
        return store.search(query.request);
      case 'sums':
        return store.sums(query.request);
      case 'usage':
        return store.usage(query.request);
      case 'erase':
        return store.erase(query.principal);
      default:
        return unreachable(query);
    }
  };
