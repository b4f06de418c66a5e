/** Signals between the threads of a process: each has a port to the main thread, which relays them to the others. */
import type { MessagePort } from 'node:worker_threads';
import type { Signals } from './signals.ts';

interface SignalMessage {
  readonly topic: string;
  readonly message: unknown;
}

/** Whoever subscribes to a topic, and what each is called with. */
class Subscriptions {
  readonly #listeners = new Map<string, Set<(message: unknown) => void>>();

  add(topic: string, listener: (message: unknown) => void): () => void {
    const listeners = this.#listeners.get(topic) ?? new Set();
    this.#listeners.set(topic, listeners.add(listener));
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0 && this.#listeners.get(topic) === listeners) this.#listeners.delete(topic);
    };
  }

  deliver({ topic, message }: SignalMessage): void {
    for (const listener of this.#listeners.get(topic) ?? []) listener(message);
  }
}

/** A worker's signals. The port holds no thread open. */
export function createPortSignals(port: MessagePort): Signals {
  const subscriptions = new Subscriptions();
  port.on('message', (signal: SignalMessage) => subscriptions.deliver(signal));
  port.unref();
  return {
    publish: (topic, message) => port.postMessage({ topic, message } satisfies SignalMessage),
    subscribe: (topic, listener) => subscriptions.add(topic, listener),
  };
}

/** The main thread's signals, which relay those of its workers. */
export class SignalRelay implements Signals {
  readonly #ports = new Set<MessagePort>();
  readonly #subscriptions = new Subscriptions();

  /** Connects a worker until its side of the port closes. */
  connect(port: MessagePort): void {
    this.#ports.add(port);
    port.on('message', (signal: SignalMessage) => {
      for (const peer of this.#ports) if (peer !== port) peer.postMessage(signal);
      this.#subscriptions.deliver(signal);
    });
    port.on('close', () => this.#ports.delete(port));
    port.unref();
  }

  publish(topic: string, message: unknown): void {
    for (const port of this.#ports) port.postMessage({ topic, message } satisfies SignalMessage);
  }

  subscribe(topic: string, listener: (message: unknown) => void): () => void {
    return this.#subscriptions.add(topic, listener);
  }
}
