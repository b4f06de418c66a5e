/** Lints one subgraph's SDL: `isthmus subgraph lint`. */

import type { Examination, Source } from '../examine/examine.ts';
import { examineInWorker } from '../examine/examine-in-worker.ts';

export interface LintReport extends Pick<Examination, 'hasEslint' | 'unlistedFindings'> {
  readonly findings: Examination['lint'];
}

/** @throws ExamineError where it takes more than its bounds, or the signal's reason */
export async function lintSdl(source: Source, signal?: AbortSignal): Promise<LintReport> {
  const { lint, hasEslint, unlistedFindings } = await examineInWorker({
    after: { apiSdl: '', sources: [source] },
    signal,
  });
  return { findings: lint, hasEslint, unlistedFindings };
}
