/** What stops a candidate from being composed, with its place and its mend. */
import type { ConfigError, ConfigProblem } from '../../../config/index.ts';
import type { CompositionError, CompositionProblem } from '../../../supergraph/index.ts';
import type { Draft } from './draft.ts';

export function compositionDrafts(problems: readonly CompositionProblem[]): readonly Draft[] {
  return problems.map(({ severity, code, message, places, suggestedFix }) => ({
    severity: severity === 'error' ? 'error' : 'warning',
    code,
    message,
    places: places.map(({ subgraph, origin, line }) => ({ subgraph, file: origin, line })),
    suggestedFix,
  }));
}

export function failureDrafts(failure: CompositionError | ConfigError): readonly Draft[] {
  return failure.name === 'ConfigError'
    ? failure.problems.map((problem) => configDraft(problem, failure.file))
    : compositionDrafts(failure.problems);
}

function configDraft({ path, line, message }: ConfigProblem, file: string): Draft {
  return {
    severity: 'error',
    code: 'CONFIG_INVALID',
    ...(path === '' ? {} : { subject: path }),
    message: path === '' ? message : `${path}: ${message}`,
    places: [{ file, line }],
  };
}
