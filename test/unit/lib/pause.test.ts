import { describe, expect, it } from 'vitest';
import { pause } from '../../../src/lib/index.ts';

describe('a pause', () => {
  it('ends when the caller leaves', async () => {
    const controller = new AbortController();
    const gone = new Error('gone');
    const paused = pause(10_000, controller.signal);
    controller.abort(gone);
    await expect(paused).rejects.toBe(gone);
    await expect(pause(10_000, controller.signal)).rejects.toBe(gone);
  });
});
