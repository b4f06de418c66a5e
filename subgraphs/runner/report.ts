import { sampleServices } from './services.ts';

const query =
  '{ products(first: 3, category: AUDIO) { name price averageRating answer(question: "Is the battery good?") } }';

/**
 * What is running and where to look, in a few lines.
 * @param gatewayUrl with a slash at its end
 */
export function report(seconds: string, gatewayUrl: string, graphqlPath: string): string {
  const rows = [
    ['subgraph', 'kind', 'url', 'state'],
    ...sampleServices
      .filter(({ kind }) => kind !== 'REST service')
      .map(({ name, kind, port }) => [name, kind, `http://127.0.0.1:${port}/graphql`, 'ready']),
    ['assistant', 'AI', 'in the gateway', 'ready'],
  ];
  const widths = [0, 1, 2].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const table = rows.map((row) =>
    `  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('   ')}`.trimEnd(),
  );
  const body = JSON.stringify({ query }).replaceAll("'", "'\\''");
  return [
    '',
    ...table,
    '',
    `  Ready after ${seconds} s. Open ${gatewayUrl} or try:`,
    '',
    `  curl -s ${gatewayUrl}${graphqlPath.slice(1)} -H 'content-type: application/json' -d '${body}'`,
    '',
    '',
  ].join('\n');
}
