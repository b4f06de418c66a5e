/** Sections as they are made: owners, approvals and the outcome are the same for all of them. */
import { type Approval, changeOf } from '../approvals/approval.ts';
import { type Owners, ownerOf } from '../approvals/owners.ts';
import { type CheckOutcome, type CheckSection, type Finding, isOpen, type SectionName } from '../check-report.ts';

export interface Draft extends Omit<Finding, 'change' | 'owner' | 'approval'> {
  /** Whether it is a change of its subject, which another team may own. */
  readonly isChange?: boolean;
  /** What makes the change the same in another check. @default the message */
  readonly identity?: string;
}

export interface Rights {
  readonly owners: Owners;
  /** The one that makes the change; undefined: none that owns anything. */
  readonly team: string | undefined;
  readonly approvals: readonly Approval[];
}

/** How many findings of a section a report has. */
export const maxFindings = 500;

const order = { error: 0, warning: 1, info: 2 } as const;

export function finishSection(
  name: SectionName,
  drafts: readonly Draft[],
  rights: Rights,
  notes: readonly string[] = [],
): CheckSection {
  const findings = drafts.map((draft) => finish(draft, name, rights));
  const counts = { error: 0, warning: 0, info: 0 };
  for (const { severity } of findings) counts[severity]++;
  // What waits for an owner is never left out: whoever publishes asks the report for it.
  const [owned, others] = [findings.filter(isOwned), findings.filter((finding) => !isOwned(finding))];
  const listed = [...owned, ...others.toSorted((a, b) => weight(a) - weight(b))].slice(0, maxFindings);
  const sorted = listed.sort((a, b) => weight(a) - weight(b));
  return { name, outcome: outcomeOfFindings(findings), notes, findings: sorted, counts };
}

export function skippedSection(name: SectionName, reason: string): CheckSection {
  return { name, outcome: 'skipped', notes: [reason], findings: [], counts: { error: 0, warning: 0, info: 0 } };
}

function isOwned(finding: Finding): boolean {
  return finding.owner !== undefined && isOpen(finding);
}

/** What is open comes first. */
function weight(finding: Finding): number {
  return order[finding.severity] + (isOpen(finding) ? 0 : 3);
}

function finish(
  { isChange = false, identity, ...draft }: Draft,
  name: SectionName,
  { owners, team, approvals }: Rights,
): Finding {
  if (name === 'composition') return { change: '', ...draft };
  const change = changeOf(draft.code, draft.subject, identity ?? draft.message);
  const owner = isChange && draft.subject !== undefined ? ownerOf(owners, draft.subject) : undefined;
  const foreign = owner === team ? undefined : owner;
  const approval = approvals.find(
    (candidate) => candidate.change === change && (foreign === undefined || candidate.team === foreign),
  );
  return {
    change,
    ...draft,
    ...(foreign === undefined ? {} : { owner: foreign }),
    ...(approval === undefined ? {} : { approval }),
  };
}

function outcomeOfFindings(findings: readonly Finding[]): CheckOutcome {
  const open = findings.filter(isOpen);
  // An error that another team may approve waits for that team.
  if (open.some(({ severity, owner }) => severity === 'error' && owner === undefined)) return 'failed';
  return open.length > 0 ? 'waiting' : 'passed';
}
