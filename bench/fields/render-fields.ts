/** The results of `npm run bench -- fields` as markdown, each figure beside its target. */
import { digits, row } from '../markdown.ts';
import type { FieldsResults, TokenLine } from './fields-results.ts';

export function renderFields(results: FieldsResults): string {
  const { versions, machine, unpinned, products, aiFields, latencyMs, rounds } = results;
  const head = ['', 'measured', 'target'];
  return `${[
    `${results.date.slice(0, 10)}, ${machine.processor}, Node ${versions.node}: a page of ${products} products with ${aiFields} AI fields, a model that takes ${latencyMs} ms, medians of ${rounds} rounds, the gateway on ${unpinned === undefined ? 'a core of its own' : 'no core of its own'}.`,
    '',
    row(head),
    '|---|--:|--:|',
    ...figures(results).map(row),
    '',
    '**Tokens of a page** (o200k; answers of a model’s usual length)',
    '',
    row(['', 'fields', 'calls', 'input tokens', 'output tokens', 'saved']),
    '|---|--:|--:|--:|--:|--:|',
    ...tokenRows(results.tokens),
  ].join('\n')}\n`;
}

/** The lines that the docs show. */
export function renderFieldsSummary(results: FieldsResults): string {
  return [row(['AI fields', 'measured', 'target']), '|---|--:|--:|', ...figures(results).map(row)].join('\n');
}

function figures({ times, calls, cpu, products, aiFields }: FieldsResults): string[][] {
  const { oneCallMs, coldMs, warmMs, withoutMs } = times;
  const page = `a page of ${products} products, ${aiFields} AI fields`;
  return [
    [
      `${page}, cold: ms, of one call’s ${digits(oneCallMs)} ms`,
      `${digits(coldMs)} (${digits(coldMs / oneCallMs)}×)`,
      '≤ 1.25×',
    ],
    [
      `${page}, warm: ms, of ${digits(withoutMs)} ms without them`,
      `${digits(warmMs)} (+${digits(warmMs - withoutMs)})`,
      '≤ +3',
    ],
    [
      `provider calls for ${calls.fieldsAsked} fields of ${calls.distinctInputs} distinct inputs`,
      String(calls.providerCalls),
      String(calls.distinctInputs),
    ],
    [
      `gateway CPU ms per AI field beyond the model client’s own ${digits(cpu.clientMsPerCall)}, cold`,
      digits(cpu.coldMsPerField),
      '≤ 0.15',
    ],
    ['gateway CPU ms per AI field, warm', digits(cpu.warmMsPerField), '≤ 0.02'],
  ];
}

function tokenRows(lines: readonly TokenLine[]): string[] {
  return lines.map((line) => {
    const other = lines.find(({ what }) => what === line.against);
    const tokens = (one: TokenLine) => one.inputTokens + one.outputTokens;
    const saved = other === undefined ? '' : `${Math.round((1 - tokens(line) / tokens(other)) * 100)} %`;
    const cells = [line.fields, line.calls, line.inputTokens, line.outputTokens].map((value) =>
      value.toLocaleString('en'),
    );
    return row([line.what, ...cells, saved]);
  });
}
