import { expect, it } from 'vitest';
import { ledgerYaml } from '../../../src/config/ai/ai-ledger.ts';
import { ratesYaml } from '../../../src/config/limits/rates.ts';
import { duration } from '../../../src/config/values.ts';

it('durations that no timer waits for may be years, and others as long as a timer waits', () => {
  expect(ledgerYaml.parse({ keep: '400d', max_rows: 1_000 })).toEqual({ keep: '400d', max_rows: 1_000 });
  expect(ledgerYaml.safeParse({ keep: '3651d' }).success).toBe(false);
  expect(ledgerYaml.safeParse({ keep: '6d' }).success).toBe(false);
  expect(ratesYaml.parse([{ per: 'tenant', operations: 1_000_000, every: '30d' }])).toHaveLength(1);
  expect(duration.safeParse('24d').success).toBe(true);
  expect(duration.safeParse('25d').success).toBe(false);
});
