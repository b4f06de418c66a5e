/** What is read of records while a gateway writes them: by the thread that writes, as it has the store open. */
import type { RecordGroup, RecordPage, RecordPageRequest, RecordSumsRequest } from '../store/records/index.ts';
import type { Recorder } from './recorder.ts';

/** Records and their sums, wherever they are read. */
export interface RecordReader {
  search(request: RecordPageRequest): Promise<RecordPage>;
  sums(request: RecordSumsRequest): Promise<readonly RecordGroup[]>;
}

export type RecordQuery =
  | { readonly kind: 'search'; readonly request: RecordPageRequest }
  | { readonly kind: 'sums'; readonly request: RecordSumsRequest };

export type RecordAnswer = RecordPage | readonly RecordGroup[];

/** With everything that has been handed on until now. */
export const answerQuery =
  (recorder: Recorder) =>
  async (query: RecordQuery): Promise<RecordAnswer> => {
    await recorder.written();
    const store = await recorder.store();
    return query.kind === 'search' ? store.search(query.request) : store.sums(query.request);
  };
