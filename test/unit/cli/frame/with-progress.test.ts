import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { withProgress } from '../../../../src/cli/frame/with-progress.ts';

describe('progress', () => {
  const { isTTY } = process.stderr;
  let written: string;
  beforeEach(() => {
    vi.useFakeTimers();
    vi.stubEnv('CI', undefined);
    vi.stubEnv('TERM', 'xterm');
    written = '';
    vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
      written += String(text);
      return true;
    });
  });
  afterEach(() => {
    process.stderr.isTTY = isTTY;
    vi.restoreAllMocks();
    vi.unstubAllEnvs();
    vi.useRealTimers();
  });

  const workFor = (milliseconds: number) => withProgress('composing', () => vi.advanceTimersByTimeAsync(milliseconds));

  it('is said in a terminal once a second, and its line is left empty', async () => {
    process.stderr.isTTY = true;
    await workFor(2_500);
    expect(written).toBe('\r\u001b[2Kcomposing … 1 s\r\u001b[2Kcomposing … 2 s\r\u001b[2K');
  });

  it('is not said of short work, nor elsewhere than in a terminal, nor in CI', async () => {
    process.stderr.isTTY = true;
    await workFor(900);
    vi.stubEnv('CI', 'true');
    await workFor(2_500);
    vi.stubEnv('CI', undefined);
    process.stderr.isTTY = false;
    await workFor(2_500);
    expect(written).toBe('');
  });
});
