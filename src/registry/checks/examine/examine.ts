/** What needs much CPU of a check, as one task for a worker: changes of the API, their places, lint. */
import type { SubgraphSource } from '../../../supergraph/index.ts';
import type { Place } from '../check-report.ts';
import type { LintFinding } from '../lint/lint-finding.ts';
import { lintSource } from '../lint/lint-source.ts';
import { definitionPlaces } from './definition-places.ts';
import { type SchemaChange, schemaChanges } from './schema-changes.ts';

export type Source = Pick<SubgraphSource, 'name' | 'sdl' | 'origin'>;

/** Plain data: it is sent to a worker. */
export interface Examined {
  readonly apiSdl: string;
  readonly sources: readonly Source[];
}

export interface Examination {
  readonly changes: readonly (SchemaChange & { readonly places: readonly Place[] })[];
  /** Errors first; at most 1,000. */
  readonly lint: readonly (LintFinding & { readonly source: Omit<Source, 'sdl'> })[];
  /** How many there are beyond. */
  readonly unlistedFindings: number;
  /** Findings of lint that the SDL before had too. */
  readonly olderFindings: number;
  readonly hasEslint: boolean;
}

const maxFindings = 1_000;
const severities: readonly LintFinding['severity'][] = ['error', 'warning'];

export async function examine(before: Examined | undefined, after: Examined): Promise<Examination> {
  const changes = before === undefined ? [] : await schemaChanges(before.apiSdl, after.apiSdl);
  const placesOf = changes.length === 0 ? () => [] : definitionPlaces(before?.sources ?? [], after.sources);
  const lint: Examination['lint'][number][] = [];
  let olderFindings = 0;
  let hasEslint = true;
  for (const { name, sdl, origin } of after.sources) {
    const earlier = before?.sources.find((source) => source.name === name)?.sdl;
    if (earlier === sdl) continue;
    const linted = await lintSource(sdl);
    const earlierKeys = new Set(earlier === undefined ? [] : (await lintSource(earlier)).findings.map(keyOf));
    const fresh = linted.findings.filter((finding) => !earlierKeys.has(keyOf(finding)));
    olderFindings += linted.findings.length - fresh.length;
    hasEslint &&= linted.hasEslint;
    lint.push(...fresh.map((finding) => ({ ...finding, source: { name, origin } })));
  }
  const placed = changes.map((change) => {
    return { ...change, places: change.coordinate === undefined ? [] : placesOf(change.coordinate) };
  });
  const listed = lint.toSorted((a, b) => severities.indexOf(a.severity) - severities.indexOf(b.severity));
  return {
    changes: placed,
    lint: listed.slice(0, maxFindings),
    unlistedFindings: Math.max(0, lint.length - maxFindings),
    olderFindings,
    hasEslint,
  };
}

/** Without its line, which every change above it moves. */
function keyOf({ rule, coordinate = '', message }: LintFinding): string {
  return `${rule}\n${coordinate}\n${message}`;
}
