import { expect } from 'vitest';
import {
  compareWithMonolith,
  type DifferentialOptions,
  type DifferentialReport,
  describeDisagreement,
} from './differential.ts';

/** Fails with all there is to see of the shortest operation that is answered differently, and prints how many were compared. */
export async function expectAgreement(options: DifferentialOptions): Promise<DifferentialReport> {
  const report = await compareWithMonolith(options);
  printRate(options, report);
  const [shortest] = [...report.disagreements].sort((a, b) => a.query.length - b.query.length);
  if (shortest !== undefined)
    expect.fail(
      `${report.disagreements.length} of ${report.compared} differ, such as\n${describeDisagreement(options.graph, shortest)}`,
    );
  return report;
}

export function printRate(
  { graph, engine = 'isthmus' }: DifferentialOptions,
  { compared, disagreements, discarded }: DifferentialReport,
): void {
  console.info(
    `${graph.name}, ${engine} engine: ${disagreements.length} wrong of ${compared} random operations (${discarded} invalid ones discarded)`,
  );
}
