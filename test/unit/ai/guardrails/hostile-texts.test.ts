import { describe, expect, it } from 'vitest';
import { noPlaceholders } from '../../../../src/ai/guardrails/index.ts';
import { bounds, everything, guards } from './guards.ts';
import { hostileUnits } from './hostile-units.ts';

const guard = guards(everything);

describe('the guards with everything on', () => {
  // What takes quadratic time or worse takes minutes for such a text. `npm run bench -- guards` measures how long each takes.
  it.each(hostileUnits)('check 200,000 characters of %j', { timeout: 30_000 }, (unit) => {
    const text = unit.repeat(Math.ceil(200_000 / unit.length)).slice(0, 200_000);
    expect(guard.checkInput([{ role: 'user', text }], bounds())).toBeDefined();
    expect(guard.checkOutput(text, noPlaceholders, bounds())).toBeDefined();
    expect(guard.redact(text)).toBeDefined();
  });
});
