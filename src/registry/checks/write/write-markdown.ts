/** A report as the comment of a pull request. */
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

export interface MarkdownOptions {
  /** @default `Schema check` */
  readonly title?: string | undefined;
  /** How many findings of a section are written. @default 15 */
  readonly limit?: number | undefined;
}

const outcomeMarks = { passed: '✅', waiting: '⏳', failed: '❌', skipped: '➖' } as const;
const severityMarks = { error: '❌', warning: '⚠️', info: 'ℹ️' } as const;

export function writeMarkdown(report: CheckReport, options: MarkdownOptions = {}): string {
  const { title = 'Schema check', limit = 15 } = options;
  return [
    `### ${escaped(title)} ${outcomeMarks[report.outcome]} ${escaped(headline(report))}`,
    '',
    escaped(trafficText(report.traffic)),
    '',
    '| | errors | warnings | other |',
    '|---|---:|---:|---:|',
    ...report.sections.map(({ name, outcome, counts }) => {
      return `| ${outcomeMarks[outcome]} ${sectionTitles[name]} | ${counts.error} | ${counts.warning} | ${counts.info} |`;
    }),
    ...report.sections.flatMap((section) => sectionLines(section, limit)),
    '',
  ].join('\n');
}

function sectionLines(section: CheckSection, limit: number): readonly string[] {
  const { name, notes, findings } = section;
  if (findings.length === 0 && notes.length === 0) return [];
  const [first, more] = bounded(section, limit);
  return [
    '',
    `#### ${sectionTitles[name]}`,
    '',
    ...notes.map((note) => `_${escaped(note)}_\n`),
    ...first.map(findingLine),
    ...(more === 0 ? [] : [`- and ${more} more`]),
  ];
}

function findingLine(finding: Finding): string {
  const { severity, code, message, places, suggestedFix, usage, safeBecause } = finding;
  const [place] = places;
  const approval = approvalText(finding);
  const safe = safeBecause === undefined ? '' : `safe, because ${safeBecause}: `;
  const details = [
    ...(place === undefined ? [] : [escaped(placeText(place))]),
    ...(usage === undefined ? [] : [escaped(`${safe}${usageText(usage)}`)]),
    ...(suggestedFix === undefined ? [] : [`fix: ${escaped(suggestedFix)}`]),
    ...(approval === undefined ? [] : [`**${escaped(approval)}**`]),
  ];
  const mark = isApprovedError(finding) ? outcomeMarks.passed : severityMarks[severity];
  return [`- ${mark} ${escaped(code)}: ${escaped(message)}`, ...details.map((detail) => `<br>${detail}`)].join('');
}

/** No text of a schema is markup, and none of its directives the name of a person. */
function escaped(text: string): string {
  return oneLine(text)
    .replace(/[\\`*_{}[\]<>|~#]/g, (character) => `&#${character.charCodeAt(0)};`)
    .replaceAll('@', '&#64;');
}
