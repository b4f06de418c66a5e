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

/** Less than one in so many requests is refused by all limits together. */
const oneIn = 1_000;

type Sizes = Readonly<Record<string, number>>;

/** @param requests the sizes of each, by the keys of `limits` */
export function suggestLimits(requests: readonly Sizes[]): readonly SuggestedLimit[] {
  const values = new Map<string, number[]>();
  for (const request of requests) {
    for (const [key, value] of Object.entries(request)) {
      const list = values.get(key);
      if (list === undefined) values.set(key, [value]);
      else list.push(value);
    }
  }
  for (const list of values.values()) list.sort((a, b) => a - b);
  // The greatest number of requests that is less than one in a thousand.
  const mayRefuse = Math.max(0, Math.ceil(requests.length / oneIn) - 1);
  // The more each limit may refuse, the more do all of them: the most is searched that each may.
  let each = 0;
  let tooMany = mayRefuse + 1;
  while (tooMany - each > 1) {
    const middle = (each + tooMany) >> 1;
    if (refusedBy(limitsOf(values, middle), requests) <= mayRefuse) each = middle;
    else tooMany = middle;
  }
  return [...limitsOf(values, each)].map(([key, limit]) => {
    const list = values.get(key) ?? [];
    return { key, limit, largest: list.at(-1) ?? 0, refused: list.filter((value) => value > limit).length };
  });
}

/** @param each how many requests each limit may refuse */
function limitsOf(values: ReadonlyMap<string, readonly number[]>, each: number): ReadonlyMap<string, number> {
  const limits = new Map<string, number>();
  for (const [key, list] of values) limits.set(key, roundUp(list[Math.max(0, list.length - 1 - each)] ?? 0));
  return limits;
}

function refusedBy(limits: ReadonlyMap<string, number>, requests: readonly Sizes[]): number {
  let count = 0;
  for (const request of requests)
    if (Object.entries(request).some(([key, value]) => value > (limits.get(key) ?? Number.POSITIVE_INFINITY))) count++;
  return count;
}

/** To two digits, and at least 1: a limit is a number that someone reads. */
function roundUp(value: number): number {
  if (value < 1) return 1;
  const unit = 10 ** Math.max(0, Math.floor(Math.log10(value)) - 1);
  return Math.ceil(value / unit) * unit;
}
