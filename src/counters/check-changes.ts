import { invariant } from '../lib/index.ts';
import { type CounterChange, maxChanges } from './counters.ts';

/** What no caller may ask for, whatever the counters are kept in. */
export function checkChanges(changes: readonly CounterChange[]): void {
  if (changes.length > maxChanges) invariant(false, `a step changes at most ${maxChanges} counters`);
  for (let index = 0; index < changes.length; index++) {
    const change = changes[index];
    if (change === undefined) continue;
    invariant(Number.isSafeInteger(change.amount), 'an amount is a safe integer');
    if (change.leased !== undefined) {
      invariant(Number.isSafeInteger(change.leased), 'a leased amount is a safe integer');
      invariant(change.window?.kind !== 'sliding', 'nothing is leased in a sliding window');
    }
    for (let earlier = 0; earlier < index; earlier++) {
      invariant(changes[earlier]?.key !== change.key, 'a step changes a counter once');
    }
  }
}
