/** What a check answers: plain JSON, so that it can be stored, sent, and written for terminals and pull requests. */
import type { Approval } from './approvals/approval.ts';
import type { ClientUsage } from './usage-reader.ts';

/** In the order of the page. */
export const sectionTitles = {
  composition: 'Composition',
  changes: 'Changes of the API',
  documents: 'Documents that stop validating',
  lint: 'Lint',
  cost: 'Cost of the most used operations',
  plans: 'Plans of the most used operations',
  access: 'Access',
  ai: 'AI fields',
} as const;

export type SectionName = keyof typeof sectionTitles;

/** `failed` before `waiting` before `passed`. */
export type CheckOutcome = 'passed' | 'failed' | 'waiting';

export interface CheckReport {
  /** By which the registry keeps it; undefined: it is not kept. */
  readonly id?: number | undefined;
  readonly outcome: CheckOutcome;
  /** Milliseconds since 1970. */
  readonly at: number;
  /** The requests that changes are weighed by; undefined: nothing is known of them. */
  readonly traffic?: TrafficFacts;
  readonly sections: readonly CheckSection[];
}

export interface TrafficFacts {
  /** Milliseconds since 1970. */
  readonly from: number;
  readonly to: number;
  readonly requests: number;
  readonly excludedClients: readonly string[];
  /** Undefined: all. */
  readonly graphs?: readonly string[] | undefined;
}

export interface CheckSection {
  readonly name: SectionName;
  readonly outcome: CheckOutcome | 'skipped';
  /** Why it was skipped, or what it does not say. */
  readonly notes: readonly string[];
  /** Errors first; at most `maxFindings`. */
  readonly findings: readonly Finding[];
  /** How many of each there are, those that are left out included. */
  readonly counts: Readonly<Record<Severity, number>>;
}

/** An error fails the check, unless it is approved. */
export type Severity = 'error' | 'warning' | 'info';

export interface Place {
  readonly subgraph?: string | undefined;
  readonly file: string;
  /** Counted from 1. */
  readonly line?: number | undefined;
}

export interface Finding {
  /** Of the change: equal whenever it is checked, so that an approval is remembered. Empty where nobody may approve it. */
  readonly change: string;
  readonly severity: Severity;
  /** Such as `FIELD_REMOVED`, `INVALID_GRAPHQL`, `naming-convention`. */
  readonly code: string;
  /** `Type.field`, `Type.field.argument`, a document, or a file. */
  readonly subject?: string | undefined;
  readonly message: string;
  readonly places: readonly Place[];
  readonly suggestedFix?: string | undefined;
  readonly usage?: FindingUsage | undefined;
  /** Why a change that could break clients does not. */
  readonly safeBecause?: 'unused' | 'below threshold' | undefined;
  /** The team that has to approve the change, where it is not the one that makes it. */
  readonly owner?: string | undefined;
  readonly approval?: Approval | undefined;
}

export interface FindingUsage {
  readonly requests: number;
  /** Of all requests of the window. */
  readonly percent: number;
  readonly operations: number;
  /** Those with most requests first. */
  readonly clients: readonly ClientUsage[];
  /** Milliseconds since 1970; undefined: not in the window. */
  readonly lastUsed?: number | undefined;
}

/** Whether its owner, or where it is an error anyone, has yet to approve it. */
export function isOpen({ severity, owner, approval }: Finding): boolean {
  return approval === undefined && (severity === 'error' || owner !== undefined);
}

/** `failed` before `waiting` before `passed`. */
export function outcomeOf(sections: readonly CheckSection[]): CheckOutcome {
  const outcomes = new Set(sections.map(({ outcome }) => outcome));
  return outcomes.has('failed') ? 'failed' : outcomes.has('waiting') ? 'waiting' : 'passed';
}
