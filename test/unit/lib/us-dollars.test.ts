import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatUsd, nanoOfPico, parseUsd, picoPerCall, picoPerToken } from '../../../src/lib/index.ts';

const nano = fc.bigInt({ min: 0n, max: 10n ** 20n });
const pico = fc.bigInt({ min: 0n, max: 10n ** 24n });

describe('money', () => {
  it.each([
    ['0.00014', 140_000n],
    ['25.00', 25_000_000_000n],
    ['0', 0n],
    ['0.000000001', 1n],
    ['0.0000000001', 1n],
    ['0.1', 100_000_000n],
    ['0.3', 300_000_000n],
    ['123456789.987654321', 123_456_789_987_654_321n],
  ])('reads %s dollars exactly, rounding fractions of a nano-dollar up', (text, expected) => {
    expect(parseUsd(text)).toBe(expected);
  });

  it.each([
    '',
    ' 1',
    '1 ',
    '-1',
    '+1',
    '1.',
    '.5',
    '1e3',
    '0x10',
    '1,5',
    'NaN',
    'Infinity',
    '1_000',
    '１',
    '9'.repeat(16),
  ])('rejects %j as an amount', (text) => {
    expect(parseUsd(text)).toBeUndefined();
    expect(picoPerToken(text)).toBeUndefined();
  });

  it.each([
    [0n, '0'],
    [1n, '0.000000001'],
    [140_000n, '0.00014'],
    [1_000_000_000n, '1'],
    [1_500_000_000n, '1.5'],
    [-140_000n, '-0.00014'],
  ])('writes %s nano-dollars as short as exact', (amount, expected) => {
    expect(formatUsd(amount)).toBe(expected);
  });

  it('reads back every amount that it writes', () => {
    fc.assert(fc.property(nano, (amount) => parseUsd(formatUsd(amount)) === amount));
  });

  it('never writes a zero too many, nor an exponent', () => {
    fc.assert(fc.property(nano, (amount) => /^(0|[1-9]\d*)(\.\d{0,8}[1-9])?$/.test(formatUsd(amount))));
  });

  it('reads $0.0028 per million tokens as 2.8 nano-dollars per token', () => {
    expect(picoPerToken('0.0028')).toBe(2_800n);
    expect(picoPerToken('15')).toBe(15_000_000n);
    expect(picoPerToken('0.0833333333')).toBe(83_334n);
    expect(picoPerCall('12')).toBe(12_000_000_000n);
  });

  it('rounds up, by less than a nano-dollar', () => {
    fc.assert(
      fc.property(pico, (amount) => {
        const rounded = nanoOfPico(amount) * 1_000n;
        return rounded >= amount && rounded - amount < 1_000n;
      }),
    );
  });

  it('never makes a sum of rounded prices less than the price of the sum, and at most a nano-dollar more a call', () => {
    fc.assert(
      fc.property(fc.array(pico, { maxLength: 50 }), (amounts) => {
        const apart = amounts.reduce((sum, amount) => sum + nanoOfPico(amount), 0n);
        const together = nanoOfPico(amounts.reduce((sum, amount) => sum + amount, 0n));
        return apart >= together && apart - together <= BigInt(amounts.length);
      }),
    );
  });
});
