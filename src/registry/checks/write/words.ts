/** The sentences of a report, alike in every form it is written in. */
import { countOf } from '../../../lib/index.ts';
import {
  type CheckReport,
  type CheckSection,
  type Finding,
  type FindingUsage,
  isOpen,
  type Place,
  type TrafficFacts,
} from '../check-report.ts';
import type { ClientUsage } from '../usage-reader.ts';

const maxCharacters = 400;
const shownClients = 3;

/** Without control characters: names and descriptions of a schema must not send escape sequences to a terminal. */
export function oneLine(text: string): string {
  const line = text.replace(/\p{Cc}+/gu, ' ');
  return line.length <= maxCharacters ? line : `${line.slice(0, maxCharacters)}…`;
}

/** `failed: 2 errors, 1 warning`. */
export function headline({ outcome, sections }: CheckReport): string {
  const findings = sections.flatMap((section) => section.findings);
  const open = findings.filter(isOpen);
  const waiting = new Set(open.flatMap(({ owner }) => owner ?? []));
  const parts = [
    countOrNothing(total(sections, 'error') - findings.filter(isApprovedError).length, 'error'),
    countOrNothing(total(sections, 'warning'), 'warning'),
    ...(waiting.size === 0 ? [] : [`waits for ${[...waiting].sort().join(', ')}`]),
  ].filter((part) => part !== '');
  return parts.length === 0 ? outcome : `${outcome}: ${parts.join(', ')}`;
}

export function isApprovedError({ severity, approval }: Finding): boolean {
  return severity === 'error' && approval !== undefined;
}

function total(sections: readonly CheckSection[], severity: Finding['severity']): number {
  return sections.reduce((sum, { counts }) => sum + counts[severity], 0);
}

function countOrNothing(count: number, thing: string): string {
  return count === 0 ? '' : countOf(count, thing);
}

export function trafficText(traffic: TrafficFacts | undefined): string {
  if (traffic === undefined) return 'Nothing is known of real traffic.';
  const { from, to, requests, excludedClients, graphs } = traffic;
  const without = excludedClients.length === 0 ? '' : `, without ${excludedClients.join(', ')}`;
  const of = graphs === undefined ? '' : ` of ${graphs.join(', ')}`;
  return `Weighed by ${countOrNothing(requests, 'request')}${of} from ${momentText(from)} to ${momentText(to)}${without}.`;
}

export function usageText({ requests, percent, operations, clients, lastUsed }: FindingUsage): string {
  if (requests === 0) return 'used by no request';
  const last = lastUsed === undefined ? '' : `, last at ${momentText(lastUsed)}`;
  const by = clients.length === 0 ? '' : `, by ${clientsText(clients)}`;
  return `used by ${countOrNothing(requests, 'request')} (${percent} %) of ${countOrNothing(operations, 'operation')}${by}${last}`;
}

function clientsText(clients: readonly ClientUsage[]): string {
  const first = clients.slice(0, shownClients).map(({ name = 'unnamed clients', version }) => {
    return version === undefined ? name : `${name} ${version}`;
  });
  return `${first.join(', ')}${clients.length > shownClients ? ' and others' : ''}`;
}

/** To the minute, in UTC. */
function momentText(time: number): string {
  return `${new Date(time).toISOString().slice(0, 16).replace('T', ' ')}Z`;
}

/** Who may approve it, or has. */
export function approvalText(finding: Finding): string | undefined {
  const { change, owner, approval } = finding;
  if (approval !== undefined) {
    const team = approval.team === undefined ? '' : ` for ${approval.team}`;
    const comment = approval.comment === undefined ? '' : `: ${approval.comment}`;
    return `approved by ${approval.actor}${team}${comment}`;
  }
  if (change === '' || !isOpen(finding)) return undefined;
  return owner === undefined ? `approve it as ${change}` : `waits for ${owner} to approve ${change}`;
}

export function placeText({ file, line }: Place): string {
  return line === undefined ? file : `${file}:${line}`;
}

/** The first findings of a section, and how many there are beyond. */
export function bounded({ findings, counts }: CheckSection, limit: number): readonly [readonly Finding[], number] {
  const first = findings.slice(0, limit);
  return [first, counts.error + counts.warning + counts.info - first.length];
}
