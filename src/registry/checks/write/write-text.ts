/** A report for a terminal: what has to be done first, then the rest, on one page. */
import { unreachable } from '../../../lib/index.ts';
import { type CheckReport, type CheckSection, type Finding, sectionTitles } from '../check-report.ts';
import {
  approvalText,
  bounded,
  headline,
  isApprovedError,
  oneLine,
  placeText,
  trafficText,
  usageText,
} from './words.ts';

type Style = 'red' | 'green' | 'yellow' | 'bold' | 'dim';

export interface TextOptions {
  /** Colours a text. @default no colours */
  readonly paint?: ((style: Style, text: string) => string) | undefined;
  /** How many findings of a section are written. @default 12 */
  readonly limit?: number | undefined;
}

const shownPlaces = 3;

export function writeText(report: CheckReport, options: TextOptions = {}): string {
  const { paint = (_style, text) => text, limit = 12 } = options;
  const style = report.outcome === 'passed' ? 'green' : report.outcome === 'waiting' ? 'yellow' : 'red';
  const withFindings = report.sections.filter(({ findings }) => findings.length > 0);
  const quiet = report.sections.filter(({ findings, outcome }) => findings.length === 0 && outcome !== 'skipped');
  const skipped = report.sections.filter(({ outcome }) => outcome === 'skipped');
  return [
    paint(style, `check ${headline(report)}`),
    paint('dim', trafficText(report.traffic)),
    ...withFindings.flatMap((section) => ['', ...sectionLines(section, limit, paint)]),
    ...(quiet.length + skipped.length === 0 ? [] : ['']),
    ...quiet.map(({ name, notes }) => `${sectionTitles[name]}: nothing found${noteText(notes)}`),
    ...skipped.map(({ name, notes }) => paint('dim', `${sectionTitles[name]}: skipped${noteText(notes)}`)),
    '',
  ].join('\n');
}

function noteText(notes: readonly string[]): string {
  return notes.length === 0 ? '' : ` (${notes.map(oneLine).join('; ')})`;
}

function sectionLines(
  section: CheckSection,
  limit: number,
  paint: NonNullable<TextOptions['paint']>,
): readonly string[] {
  const [findings, more] = bounded(section, limit);
  return [
    paint('bold', `${sectionTitles[section.name]}: ${section.outcome}${noteText(section.notes)}`),
    ...findings.flatMap((finding) => findingLines(finding, paint)),
    ...(more === 0 ? [] : [`  and ${more} more`]),
  ];
}

function findingLines(finding: Finding, paint: NonNullable<TextOptions['paint']>): readonly string[] {
  const { code, message, places, suggestedFix, usage, safeBecause } = finding;
  const place = places.slice(0, shownPlaces).map(placeText).join(', ');
  const approval = approvalText(finding);
  const safe = safeBecause === undefined ? '' : `safe, because ${safeBecause}: `;
  const details = [
    ...(place === '' ? [] : [`at ${place}`]),
    ...(usage === undefined ? [] : [`${safe}${usageText(usage)}`]),
    ...(suggestedFix === undefined ? [] : [`fix: ${suggestedFix}`]),
    ...(approval === undefined ? [] : [approval]),
  ];
  return [
    `  ${severityWord(finding, paint)} ${code}  ${oneLine(message)}`,
    ...details.map((detail) => paint('dim', `            ${oneLine(detail)}`)),
  ];
}

function severityWord(finding: Finding, paint: NonNullable<TextOptions['paint']>): string {
  if (isApprovedError(finding)) return paint('green', 'approved ');
  switch (finding.severity) {
    case 'error':
      return paint('red', 'error    ');
    case 'warning':
      return paint('yellow', 'warning  ');
    case 'info':
      return 'info     ';
    default:
      return unreachable(finding.severity);
  }
}
