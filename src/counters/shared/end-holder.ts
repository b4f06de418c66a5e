/** After the death of a thread: its step is completed or dropped, its lock released, and what it leased subtracted. */
import { setTimeout as delay } from 'node:timers/promises';
import { Journal } from './journal.ts';
import { signalLowered } from './lowered-signal.ts';
import { header, type MemoryViews, viewMemory } from './memory.ts';
import { unlockMemory } from './memory-lock.ts';
import { SlotTable } from './slot-table.ts';

/** In the lock while a dead thread's leases are subtracted. */
const recovery = -1;
const retryMs = 1;

/**
 * Ends a holder whose thread has exited. It does not block: the caller's event loop goes on, so that it learns of further
 * deaths while another dead thread has the lock.
 */
export async function endCounterHolder(memory: SharedArrayBuffer, holder: number): Promise<void> {
  const views = viewMemory(memory);
  while (!takeOver(views, holder)) await delay(retryMs);
  try {
    giveBack(views, holder);
  } finally {
    unlockMemory(views);
  }
  signalLowered(views.int32);
}

function takeOver({ int32 }: MemoryViews, holder: number): boolean {
  return (
    Atomics.compareExchange(int32, header.lock, holder, recovery) === holder ||
    Atomics.compareExchange(int32, header.lock, 0, recovery) === 0
  );
}

function giveBack(views: MemoryViews, holder: number): void {
  const { float64 } = views;
  const journal = new Journal(views);
  journal.replay();
  const table = new SlotTable(views, views.plain);
  for (const { slot, key, hash } of table.slotsOf(holder)) {
    const lease = table.wordsOf(slot);
    const counterSlot = table.find(key, hash, 0);
    if (counterSlot >= 0) {
      const counter = table.wordsOf(counterSlot);
      // A lease ends with the window it was taken in.
      if (float64[counter + 1] === float64[lease + 1])
        float64[counter] = (float64[counter] ?? 0) - (float64[lease] ?? 0);
    }
    table.free(slot);
  }
}
