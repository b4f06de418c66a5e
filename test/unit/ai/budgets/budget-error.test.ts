import { expect, it } from 'vitest';
import { budgetExceeded } from '../../../../src/ai/budgets/budget-error.ts';

const refused = {
  budget: 'day',
  subject: 'acme',
  unit: 'usd',
  limit: 1_000_000,
  left: 400_000,
  roomInMs: 5_000,
  cheaperModel: undefined,
  allowsFree: false,
} as const;

it('a refusal says when there is room again, and of what is larger than the whole budget that it never fits', () => {
  const { message, retryAfterMs } = budgetExceeded({ ...refused, needed: 600_000 });
  expect(message).toMatch(
    /^The budget "day" of acme allows \$0\.001; \$0\.0004 left, \$0\.0006 needed: it has room again 20/,
  );
  expect(retryAfterMs).toBe(5_000);
  const larger = budgetExceeded({ ...refused, needed: 1_000_001 });
  expect(larger.message).toContain('$0.001000001 needed: it never fits, however long one waits');
  expect(larger.retryAfterMs).toBeUndefined();
});
