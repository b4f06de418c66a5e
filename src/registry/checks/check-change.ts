/**
 * A check: what publishing a change would break, whom, and what it would cost, on one page. Nothing is written, and nothing
 * runs but the tests of prompts where the caller says so.
 */
import { ConfigError } from '../../config/index.ts';
import { CompositionError } from '../../supergraph/index.ts';
import type { CheckOptions } from './check-options.ts';
import { type CheckReport, type CheckSection, outcomeOf, type SectionName, sectionTitles } from './check-report.ts';
import { ComparedParts } from './compared-parts.ts';
import { failureDrafts } from './sections/composition-section.ts';
import { finishSection, type Rights, skippedSection } from './sections/draft.ts';
import { readTraffic, type Traffic } from './weigh.ts';

/** @throws the signal's reason, and what the usage reader throws */
export async function checkChange(options: CheckOptions): Promise<CheckReport> {
  const { before, after, usage, window, owners = {}, team, approvals = [] } = options;
  const rights: Rights = { owners, team, approvals };
  const traffic = await readTraffic(usage, window);
  if (after instanceof CompositionError || after instanceof ConfigError) {
    const composition = finishSection('composition', failureDrafts(after), rights);
    return reportOf([composition, ...withoutCandidate()], traffic);
  }
  const composition = finishSection('composition', [], rights);
  return reportOf(
    [composition, ...(await new ComparedParts({ options, before, after, traffic, rights }).sections())],
    traffic,
  );
}

function withoutCandidate(): readonly CheckSection[] {
  const names = Object.keys(sectionTitles) as SectionName[];
  return names
    .filter((name) => name !== 'composition')
    .map((name) => skippedSection(name, 'the graph does not compose'));
}

function reportOf(sections: readonly CheckSection[], traffic: Traffic | undefined): CheckReport {
  const facts = traffic && { ...traffic.window, requests: traffic.requests };
  return { outcome: outcomeOf(sections), at: Date.now(), ...(facts === undefined ? {} : { traffic: facts }), sections };
}
