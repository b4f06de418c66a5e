/** The report with the files of subgraphs as their owner has them: a registry checks copies of its own. */
import type { CheckReport, Finding } from '../check-report.ts';

/** @param files by subgraph; the places of others stay as they are */
export function relocate(report: CheckReport, files: ReadonlyMap<string, string>): CheckReport {
  const moved = (finding: Finding): Finding => ({
    ...finding,
    places: finding.places.map((place) => {
      const file = place.subgraph === undefined ? undefined : files.get(place.subgraph);
      return file === undefined || !/\.(graphql|gql|graphqls)$/.test(place.file) ? place : { ...place, file };
    }),
  });
  return {
    ...report,
    sections: report.sections.map((section) => ({ ...section, findings: section.findings.map(moved) })),
  };
}
