/** The most similar name: at most a third of its letters differ, with a transposition counted as one. */
export function nearestName(input: string, names: Iterable<string>): string | undefined {
  let nearest: string | undefined;
  let fewest = Number.POSITIVE_INFINITY;
  const lower = input.toLowerCase();
  for (const name of names) {
    if (Math.abs(name.length - input.length) > 40 || name.length > 200) continue;
    const changes = changesBetween(lower, name.toLowerCase());
    const allowed = Math.floor(Math.max(name.length, input.length) / 3);
    const isStart = lower.length >= 4 && name.toLowerCase().startsWith(lower);
    if (changes >= fewest || (changes > allowed && !isStart)) continue;
    nearest = name;
    fewest = changes;
  }
  return nearest;
}

/** `; did you mean "port"?`, or an empty text if no name is similar. */
export function didYouMean(input: string, names: Iterable<string>): string {
  const nearest = nearestName(input, names);
  return nearest === undefined ? '' : `; did you mean "${nearest}"?`;
}

/** The edit distance with transpositions (optimal string alignment). */
function changesBetween(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (last[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      let least = Math.min(replaced, (last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        least = Math.min(least, (beforeLast[j - 2] ?? 0) + 1);
      row.push(least);
    }
    beforeLast = last;
    last = row;
  }
  return last[b.length] ?? 0;
}
