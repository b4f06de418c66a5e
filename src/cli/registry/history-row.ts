import type { PublishedGeneration } from '../../registry/generation/index.ts';
import { printable } from '../printable.ts';

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
