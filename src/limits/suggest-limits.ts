/** Limits that nearly all recorded requests are within. */

export interface SuggestedLimit {
  /** As `limits` of the configuration has it; `cost` is that of `limits.cost.max`. */
  readonly key: string;
  readonly limit: number;
  /** The largest value that was recorded. */
  readonly largest: number;
  /** How many of the recorded requests the limit would have refused. */
  readonly refused: number;
}

/** Less than one in so many requests is refused. */
const oneIn = 1_000;

/** @param requests the sizes of each, by the keys of `limits` */
export function suggestLimits(requests: readonly Readonly<Record<string, number>>[]): readonly SuggestedLimit[] {
  const values = new Map<string, number[]>();
  for (const request of requests) {
    for (const [key, value] of Object.entries(request)) {
      const list = values.get(key);
      if (list === undefined) values.set(key, [value]);
      else list.push(value);
    }
  }
  return [...values].map(([key, list]) => {
    list.sort((a, b) => a - b);
    // The greatest number of requests that is less than one in a thousand.
    const mayRefuse = Math.ceil(list.length / oneIn) - 1;
    const limit = roundUp(list[list.length - 1 - mayRefuse] ?? 0);
    return { key, limit, largest: list.at(-1) ?? 0, refused: list.filter((value) => value > limit).length };
  });
}

/** To two digits, and at least 1: a limit is a number that someone reads. */
function roundUp(value: number): number {
  if (value < 1) return 1;
  const unit = 10 ** Math.max(0, Math.floor(Math.log10(value)) - 1);
  return Math.ceil(value / unit) * unit;
}
