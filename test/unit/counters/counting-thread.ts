/** A thread of the tests of shared counters: it does what its data says, and reports. */
import { parentPort, workerData } from 'node:worker_threads';
import { SharedCounters } from '../../../src/counters/index.ts';

export interface CountingTask {
  readonly memory: SharedArrayBuffer;
  readonly holder: number;
  /**
   * `spend`: three budgets, one unit at a time, until one is exhausted; `shift`: between two counters whose sum stays 0,
   * for good; `lease`: three units, then nothing.
   */
  readonly task: 'spend' | 'shift' | 'lease';
}

const { memory, holder, task } = workerData as CountingTask;
const counters = new SharedCounters({ memory, holder });

switch (task) {
  case 'spend': {
    let spent = 0;
    const budgets = [
      { key: 'key', amount: 1, max: 50_000 },
      { key: 'tenant', amount: 1, max: 20_000 },
      { key: 'everyone', amount: 1, max: 30_000 },
    ];
    while (counters.add(budgets).kind === 'added') spent++;
    parentPort?.postMessage(spent);
    break;
  }
  case 'shift':
    parentPort?.postMessage('begins');
    for (let step = 0; ; step++) {
      counters.add([
        { key: `from${step % 7}`, amount: -3 },
        { key: `to${step % 11}`, amount: 2 },
        { key: 'to', amount: 1 },
        { key: 'held', amount: 1, leased: 1 },
      ]);
      if (step % 2 === 1) counters.add([{ key: 'held', amount: -2, leased: -2 }]);
    }
  case 'lease':
    counters.add([{ key: 'calls', amount: 3, max: 3, leased: 3 }]);
    parentPort?.postMessage('leased');
    setInterval(() => {}, 60_000);
    break;
}
