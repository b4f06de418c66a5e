/**
 * Runs of digits with common separators: the candidates for phone numbers and cards. A run begins with a digit, `+` or
 * `(`, ends with a digit, and is not part of a word, a price or a decimal (`v1.2`, `€1.99`, `12,5`).
 */
export interface NumberRun {
  readonly start: number;
  readonly end: number;
  /** The number of digits. */
  readonly count: number;
}

const isBetween = (code: number) =>
  code === 32 ||
  code === 40 ||
  code === 41 ||
  (code >= 45 && code <= 47) ||
  code === 0xa0 ||
  code === 0x202f ||
  code === 0x2011 ||
  code === 0x2013;

const isDigit = (code: number) => code >= 48 && code <= 57;

const isLetter = (code: number) =>
  (code >= 65 && code <= 90) || (code >= 97 && code <= 122) || code === 95 || code >= 0xc0;

/** Every run of at least `least` digits, in order. */
export function numberRuns(text: string, least: number): NumberRun[] {
  const runs: NumberRun[] = [];
  let position = 0;
  while (position < text.length) {
    const code = text.charCodeAt(position);
    if (!isDigit(code) && code !== 43 && code !== 40) {
      position += 1;
      continue;
    }
    const start = position;
    let end = start;
    let count = 0;
    let gap = 0;
    for (; position < text.length; position += 1) {
      const next = text.charCodeAt(position);
      if (isDigit(next)) {
        count += 1;
        end = position + 1;
        gap = 0;
      } else if (position === start || (isBetween(next) && gap < 4)) gap += 1;
      else if (next === 43 && position === start + 1)
        gap += 1; // (+49)
      else break;
    }
    if (end === start) continue;
    position = end;
    if (count < least) continue;
    const run = withoutWords(text, start, end, count);
    if (run.count >= least) runs.push(run);
  }
  return runs;
}

/** The run without groups that belong to a word: the first of `x4111 1111`, the last of `2671 221B`. */
function withoutWords(text: string, from: number, to: number, digits: number): NumberRun {
  let [start, end, count] = [from, to, digits];
  if (start > 0 && isDigit(text.charCodeAt(start)) && isLetter(text.charCodeAt(start - 1))) {
    while (start < end && isDigit(text.charCodeAt(start))) [start, count] = [start + 1, count - 1];
    while (start < end && !isDigit(text.charCodeAt(start)) && !'+('.includes(text[start] ?? ' ')) start += 1;
  }
  if (end < text.length && isLetter(text.charCodeAt(end))) {
    while (end > start && isDigit(text.charCodeAt(end - 1))) [end, count] = [end - 1, count - 1];
    while (end > start && !isDigit(text.charCodeAt(end - 1))) end -= 1;
  }
  if (text[start] === '(' && !text.slice(start, end).includes(')')) start += 1; // (+41 44 668 18 00): all of it is in them
  return { start, end, count };
}

/** The digits between two offsets. */
export function digitsOf(text: string, start: number, end: number): string {
  let digits = '';
  let from = -1;
  for (let index = start; index <= end; index += 1) {
    const digit = index < end && isDigit(text.charCodeAt(index));
    if (digit && from < 0) from = index;
    else if (!digit && from >= 0) {
      digits += text.slice(from, index);
      from = -1;
    }
  }
  return digits;
}

/** The groups of digits inside a run, as offsets into the text. */
export function digitGroups(text: string, run: NumberRun): { readonly start: number; readonly end: number }[] {
  const groups: { start: number; end: number }[] = [];
  let start = -1;
  for (let index = run.start; index <= run.end; index += 1) {
    const digit = index < run.end && isDigit(text.charCodeAt(index));
    if (digit && start < 0) start = index;
    else if (!digit && start >= 0) {
      groups.push({ start, end: index });
      start = -1;
    }
  }
  return groups;
}
