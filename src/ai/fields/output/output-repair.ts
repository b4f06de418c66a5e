import type { OutputProblem } from './output-reader.ts';

/** Each problem quotes at most 40 characters of the answer, so all of them quote less than 200. */
const maxListed = 4;

/**
 * The text of the repair message sent after an invalid answer: each problem with its path in the JSON. The answer may
 * contain an injection, so no more than single words of it are quoted.
 */
export function repairMessage(problems: readonly OutputProblem[]): string {
  const lines = problems.slice(0, maxListed).map(({ path, message }) => `- ${placeOf(path)}${message.slice(0, 500)}`);
  const remaining = problems.length - lines.length;
  if (remaining > 0) lines.push(`- and ${remaining} more like these`);
  return [
    'That answer cannot be used:',
    ...lines,
    'Give the whole answer once more with this put right, in the form that was asked for, and nothing besides it.',
  ].join('\n');
}

function placeOf(path: readonly (string | number)[]): string {
  let place = '';
  for (const step of path) place += typeof step === 'number' ? `[${step}]` : place === '' ? step : `.${step}`;
  return place === '' ? '' : `${place.slice(0, 300)} `;
}
