/**
 * An approval is remembered for a change: its kind, its coordinate and what it does. The same change is approved in every
 * later check, whoever makes it; another change of the same field is not.
 */
import { stableHash } from '../../../lib/index.ts';
import { type CheckReport, type Finding, isOpen } from '../check-report.ts';

/** A record for whoever stores approvals. */
export interface Approval {
  /** Of the finding. */
  readonly change: string;
  readonly code: string;
  readonly subject: string | undefined;
  readonly message: string;
  /** On behalf of which team. */
  readonly team: string | undefined;
  /** Such as `cli:ann` or `key:ab2cd3ef`. */
  readonly actor: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly comment: string | undefined;
}

export interface ApproveOptions {
  /** The changes of findings, whole or by their first 6 characters; `all`: every one that the team may approve. */
  readonly changes: readonly string[] | 'all';
  readonly team: string | undefined;
  readonly actor: string;
  readonly at: number;
  readonly comment?: string | undefined;
  /** Whether only what the team owns can be approved: whoever approves may not make the change. @default false */
  readonly ownedOnly?: boolean | undefined;
}

export interface Approved {
  readonly approvals: readonly Approval[];
  /** Why one that was named cannot be approved. */
  readonly refused: readonly { readonly change: string; readonly reason: string }[];
}

const changeLength = 16;
const shortestName = 6;

/** @param identity what it does, such as from which type to which: nothing that differs from check to check */
export function changeOf(code: string, subject: string | undefined, identity: string): string {
  return stableHash({ code, subject: subject ?? null, identity }).slice(0, changeLength);
}

/** What a report waits for. */
export function approve(
  report: CheckReport,
  { changes, team, actor, at, comment, ownedOnly = false }: ApproveOptions,
): Approved {
  const approvable = report.sections
    .flatMap(({ findings }) => findings)
    .filter((finding) => finding.change !== '' && isOpen(finding));
  const record = ({ change, code, subject, message }: Finding): Approval => {
    return { change, code, subject, message, team, actor, at, comment };
  };
  if (changes === 'all') {
    const approved = approvable.filter(({ owner }) => (owner === undefined ? !ownedOnly : owner === team));
    return { approvals: approved.map(record), refused: [] };
  }
  const approvals: Approval[] = [];
  const refused: { readonly change: string; readonly reason: string }[] = [];
  for (const name of changes) {
    const matches = name.length < shortestName ? [] : approvable.filter(({ change }) => change.startsWith(name));
    const foreign = matches.find(({ owner }) => owner !== undefined && owner !== team);
    if (matches.length === 0) refused.push({ change: name, reason: 'the check does not wait for it' });
    else if (foreign !== undefined) refused.push({ change: name, reason: `it is for ${foreign.owner} to approve` });
    else if (ownedOnly && matches.some(({ owner }) => owner === undefined))
      refused.push({ change: name, reason: 'nobody owns it: who may publish the change may approve it' });
    else approvals.push(...matches.map(record));
  }
  return { approvals, refused };
}
