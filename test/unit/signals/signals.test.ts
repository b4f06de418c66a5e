import { once } from 'node:events';
import { MessageChannel, type MessagePort } from 'node:worker_threads';
import { afterEach, describe, expect, it } from 'vitest';
import { createPortSignals, SignalRelay, type Signals } from '../../../src/signals/index.ts';

const ports: MessagePort[] = [];
afterEach(() => {
  for (const port of ports.splice(0)) port.close();
});

function join(relay: SignalRelay): {
  readonly signals: Signals;
  readonly port: MessagePort;
  readonly far: MessagePort;
} {
  const { port1, port2 } = new MessageChannel();
  ports.push(port1);
  relay.connect(port1);
  return { signals: createPortSignals(port2), port: port2, far: port1 };
}

const received = (signals: Signals, topic: string): Promise<unknown> =>
  new Promise((resolve) => {
    const end = signals.subscribe(topic, (message) => {
      end();
      resolve(message);
    });
  });

describe('signals between threads', () => {
  it('reach all others that subscribe to the topic, in order, and not the publisher', async () => {
    const relay = new SignalRelay();
    const [first, second] = [join(relay).signals, join(relay).signals];
    const seen: (readonly [string, unknown])[] = [];
    first.subscribe('breaker a', (message) => seen.push(['first', message]));
    second.subscribe('breaker a', (message) => seen.push(['second', message]));
    second.subscribe('breaker b', (message) => seen.push(['second b', message]));
    relay.subscribe('breaker a', (message) => seen.push(['main', message]));
    first.publish('breaker a', 'open');
    first.publish('breaker a', 'closed');
    first.publish('end', true);
    await received(second, 'end');
    expect(seen.filter(([who]) => who === 'second')).toEqual([
      ['second', 'open'],
      ['second', 'closed'],
    ]);
    expect(seen.filter(([who]) => who === 'main')).toHaveLength(2);
    expect(seen.filter(([who]) => who === 'first' || who === 'second b')).toEqual([]);
  });

  it('come from the main thread too', async () => {
    const relay = new SignalRelay();
    const { signals } = join(relay);
    const message = received(signals, 'invalidated');
    relay.publish('invalidated', { tag: 'prompt:a' });
    expect(await message).toEqual({ tag: 'prompt:a' });
  });

  it('end with their subscription, and with a thread that ends', async () => {
    const relay = new SignalRelay();
    const first = join(relay);
    const second = join(relay);
    const seen: unknown[] = [];
    const end = second.signals.subscribe('topic', (message) => seen.push(message));
    end();
    first.port.close();
    await once(first.far, 'close');
    relay.publish('topic', 1);
    relay.publish('end', true);
    await received(second.signals, 'end');
    expect(seen).toEqual([]);
  });
});
