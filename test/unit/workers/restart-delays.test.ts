import { describe, expect, it } from 'vitest';
import { createLogger } from '../../../src/observability/index.ts';
import { RestartDelays } from '../../../src/workers/restart-delays.ts';

function watchedDelays() {
  const lines: Record<string, unknown>[] = [];
  const destination = { write: (line: string) => lines.push(JSON.parse(line) as Record<string, unknown>) };
  return { delays: new RestartDelays(createLogger({ level: 'info', readable: false, destination })), lines };
}

describe('the delay before a worker is started again', () => {
  it('is none for one that served, and once for one that ended at its start', () => {
    const { delays, lines } = watchedDelays();
    expect(delays.next(1, 60_000)).toBe(0);
    expect(delays.next(1, 900)).toBe(0);
    expect(delays.next(1, undefined)).toBe(0);
    expect(lines).toEqual([]);
  });

  it('doubles up to 10 s for one that keeps ending at its start, of each place by itself, and is logged', () => {
    const { delays, lines } = watchedDelays();
    const waits = Array.from({ length: 12 }, () => delays.next(1, undefined));
    expect(waits).toEqual([0, 100, 200, 400, 800, 1_600, 3_200, 6_400, 10_000, 10_000, 10_000, 10_000]);
    expect(lines.map(({ waitMs }) => waitMs)).toEqual(waits.slice(1));
    expect(lines.at(-1)).toMatchObject({ msg: 'a worker keeps ending at its start', ended: 12, waitMs: 10_000 });
    expect(delays.next(2, undefined)).toBe(0);
    expect(delays.next(undefined, undefined)).toBe(0);
    expect(delays.next(1, 1_000)).toBe(0);
    expect(delays.next(1, 100)).toBe(0);
  });
});
