export { type Approval, type Approved, type ApproveOptions, approve } from './approvals/approval.ts';
export type { Owners } from './approvals/owners.ts';
export { type CheckOptions, checkChange } from './check-change.ts';
export type { CheckOutcome, CheckReport, CheckSection, Finding, Severity } from './check-report.ts';
export { ExamineError } from './examine/examine-in-worker.ts';
export { type LintReport, lintSdl } from './lint/lint-sdl.ts';
export type { CheckedDocument } from './sections/documents-section.ts';
export type { ClientUsage, CoordinateUsage, OperationUsage, UsageReader, UsageWindow } from './usage-reader.ts';
export type { Thresholds } from './weigh.ts';
