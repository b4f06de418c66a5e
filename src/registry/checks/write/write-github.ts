/**
 * A report as annotations of a GitHub workflow: errors and warnings at their lines, in the commands that a workflow reads from
 * its output (`::error file=…,line=…::…`).
 */
import { type CheckReport, type Finding, isOpen, type Place } from '../check-report.ts';
import { approvalText, headline, oneLine, usageText } from './words.ts';

/** GitHub shows 10 errors and 10 warnings of a step. */
const shownOfEach = 10;

export function writeGithub(report: CheckReport): string {
  const findings = report.sections.flatMap((section) => section.findings);
  const errors = findings.filter((finding) => isOpen(finding));
  const warnings = findings.filter((finding) => finding.severity === 'warning' && !isOpen(finding));
  return [
    ...errors.slice(0, shownOfEach).map((finding) => command('error', finding)),
    ...warnings.slice(0, shownOfEach).map((finding) => command('warning', finding)),
    `::notice title=Schema check::${data(`check ${headline(report)}`)}`,
    '',
  ].join('\n');
}

function command(kind: 'error' | 'warning', finding: Finding): string {
  const { code, message, places, usage, suggestedFix } = finding;
  const [place] = places;
  const approval = approvalText(finding);
  const lines = [
    oneLine(message),
    ...(usage === undefined ? [] : [oneLine(usageText(usage))]),
    ...(suggestedFix === undefined ? [] : [`fix: ${suggestedFix}`]),
    ...(approval === undefined ? [] : [approval]),
  ];
  return annotation(kind, { place, title: code, text: lines.join('\n') });
}

export interface AnnotationContent {
  readonly place: Place | undefined;
  readonly title: string;
  readonly text: string;
}

/** One annotation of a workflow, escaped as GitHub reads it. */
export function annotation(kind: 'error' | 'warning', { place, title, text }: AnnotationContent): string {
  const properties = [
    ...(place === undefined ? [] : [`file=${property(place.file)}`, `line=${place.line ?? 1}`]),
    `title=${property(title)}`,
  ];
  return `::${kind} ${properties.join(',')}::${data(text)}`;
}

function data(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

function property(text: string): string {
  return data(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
