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

/** Fails where one is answered wrongly, or where more than one in fifty is refused as what cannot be planned in time or rightly. */
export async function expectHardlyRefused(options: DifferentialOptions): Promise<void> {
  const { graph } = options;
  const report = await compareWithMonolith(options);
  const isRefused = (ours: unknown): boolean =>
    typeof ours === 'string' && /too complex to plan|cannot be answered correctly/.test(ours);
  const wrong = report.disagreements.filter(({ ours }) => !isRefused(ours));
  const refused = report.disagreements.length - wrong.length;
  console.info(`${graph.name}: ${refused} refused and ${wrong.length} wrong of ${report.compared} random operations`);
  expect(wrong.map((disagreement) => describeDisagreement(graph, disagreement)).join('\n')).toBe('');
  // None is, where this machine has time to plan each within planWithinMs.
  expect(refused).toBeLessThan(Math.max(2, 0.02 * report.compared));
}

export function printRate(
  { graph, engine = 'isthmus' }: DifferentialOptions,
  { compared, disagreements, discarded }: DifferentialReport,
): void {
  console.info(
    `${graph.name}, ${engine} engine: ${disagreements.length} wrong of ${compared} random operations (${discarded} invalid ones discarded)`,
  );
}
