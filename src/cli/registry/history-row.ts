import type { PublishedGeneration } from '../../registry/generation/index.ts';
import { printable } from '../printable.ts';

/** One line of a history: number, when, by whom, what. */
export function historyRow(generation: PublishedGeneration): readonly string[] {
  const { number, at, actor, commit, message } = generation;
  return [
    String(number),
    secondText(at),
    printable(actor),
    changeText(generation),
    (commit ?? '').slice(0, 10),
    printable(message ?? ''),
  ];
}

/** @param at milliseconds since 1970 */
export function secondText(at: number): string {
  return new Date(at).toISOString().replace(/\.\d+Z$/, 'Z');
}

function changeText({ change }: PublishedGeneration): string {
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
