/**
 * Short messages to everyone else who serves the same supergraph: the breaker of a subgraph opened, cached answers were
 * invalidated. They are hints and arrive soon, in the order of their publisher, or not at all; nobody waits for them.
 */
export interface Signals {
  /** Sends plain data to all others that subscribe to the topic, not to the publisher itself. */
  publish(topic: string, message: unknown): void;
  /** @returns ends the subscription */
  subscribe(topic: string, listener: (message: unknown) => void): () => void;
}

/** Signals of one thread that serves alone: there is nobody else. */
export const noSignals: Signals = {
  publish: () => undefined,
  subscribe: () => () => undefined,
};
