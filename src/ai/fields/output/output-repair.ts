import type { OutputProblem } from './output-reader.ts';

/** Each problem repeats at most 40 characters of the answer, so together they never repeat 200. */
const maxListed = 4;

/**
 * The words for one more try, for a message after the answer that could not be used: what was wrong, and where in the JSON
 * schema's terms. The answer itself, which may repeat an injection, is not quoted beyond single words.
 */
export function repairWords(problems: readonly OutputProblem[]): string {
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
