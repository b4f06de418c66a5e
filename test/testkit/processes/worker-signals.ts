import { MessageChannel, type MessagePort } from 'node:worker_threads';
import { createPortSignals, SignalRelay, type Signals } from '../../../src/signals/index.ts';

/** The signals of two workers, each over its port to one relay. */
export function twoWorkersSignals() {
  const relay = new SignalRelay();
  const ports: MessagePort[] = [];
  const connect = (): Signals => {
    const { port1, port2 } = new MessageChannel();
    ports.push(port2);
    relay.connect(port1);
    return createPortSignals(port2);
  };
  return {
    first: connect(),
    second: connect(),
    /** Ends both workers' ports. */
    close: () => {
      for (const port of ports) port.close();
    },
  };
}

/** The next message of a topic; earlier subscribers have had it. The port is held open meanwhile. */
export async function nextSignal(signals: Signals, topic: string): Promise<unknown> {
  const alive = setInterval(() => {}, 60_000);
  try {
    return await new Promise((resolve) => {
      const stop = signals.subscribe(topic, (message) => {
        stop();
        resolve(message);
      });
    });
  } finally {
    clearInterval(alive);
  }
}
