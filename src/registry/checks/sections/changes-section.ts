/** Changes of the API schema, weighed by traffic. */
import { unreachable } from '../../../lib/index.ts';
import type { Severity } from '../check-report.ts';
import type { Examination } from '../examine/examine.ts';
import { type Thresholds, type Traffic, type Weight, weigh } from '../weigh.ts';
import type { Draft } from './draft.ts';

export async function changeDrafts(
  changes: Examination['changes'],
  traffic: Traffic | undefined,
  thresholds: Thresholds,
): Promise<readonly Draft[]> {
  const weights = await weigh(
    changes.map(({ level, uses }) => (level === 'safe' ? [] : uses)),
    traffic,
    thresholds,
  );
  return changes.map(({ kind, level, coordinate, message, suggestedFix, places }, index) => {
    const weight = weights[index] ?? { kind: 'unknown' };
    const severity = severityOf(level, weight);
    const isSaved = level !== 'safe' && severity === 'info';
    return {
      severity,
      code: kind,
      subject: coordinate,
      message,
      places,
      isChange: true,
      ...(suggestedFix === undefined || isSaved ? {} : { suggestedFix }),
      ...(isSaved ? { safeBecause: weight.kind === 'unused' ? 'unused' : 'below threshold' } : {}),
      ...(level === 'safe' || weight.kind === 'unknown' ? {} : { usage: weight.usage }),
    };
  });
}

function severityOf(level: 'breaking' | 'dangerous' | 'safe', { kind }: Weight): Severity {
  if (level === 'safe') return 'info';
  switch (kind) {
    case 'unused':
    case 'below threshold':
      return 'info';
    case 'used':
    case 'unknown':
      return level === 'breaking' ? 'error' : 'warning';
    default:
      return unreachable(kind);
  }
}
