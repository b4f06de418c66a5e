/** What a change of a registry came to. */
import { formatGraphRef } from '../../config/index.ts';
import type { PublishedGeneration } from '../../registry/generation/index.ts';
import { printResult } from '../frame/print-result.ts';
import { printable } from '../printable.ts';

/** As the registry answers. */
export interface PublishAnswer {
  readonly kind: 'published' | 'unchanged';
  readonly generation: PublishedGeneration;
}

export function printPublished(options: { readonly json: boolean }, answer: PublishAnswer, canary?: string): void {
  const { kind, generation } = answer;
  const name = `generation ${generation.number} of ${formatGraphRef(generation)}`;
  printResult(options, answer, () => {
    if (kind === 'unchanged') return `${name} serves this already`;
    return canary === undefined
      ? `${name} is published`
      : `${name} is published, and served to ${canary} of the requests`;
  });
}

/** One line of a history: number, when, by whom, what. */
export function historyRow(generation: PublishedGeneration): readonly string[] {
  const { number, at, actor, commit, message } = generation;
  return [
    String(number),
    new Date(at).toISOString().replace(/\.\d+Z$/, 'Z'),
    printable(actor),
    changeText(generation),
    (commit ?? '').slice(0, 10),
    printable(message ?? ''),
  ];
}

export function changeText({ change }: PublishedGeneration): string {
  switch (change.kind) {
    case 'publish':
      return `publish ${[...change.subgraphs, ...change.sections].join(', ')}`;
    case 'delete':
      return `delete ${change.subgraphs.join(', ')}`;
    case 'operations':
      return `operations of ${change.applications.join(', ')}`;
    case 'import':
      return 'import from the configuration';
    case 'rollback':
      return `rollback to ${change.to}`;
    case 'promote':
      return `promote ${change.from} ${change.number}`;
  }
}
