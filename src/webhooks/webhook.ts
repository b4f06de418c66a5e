/**
 * Sends messages to a webhook: alerts, and changes of a graph. Nothing waits for it: they are queued, up to a bound, and sent a few at a time.
 * What may pass (no answer, 408, 429, 5xx) is tried again, with growing pauses; a redirect is not followed. A receiver that
 * fails is one line of the log, and one more when it answers again.
 */
import type { WebhookConfig } from '../config/index.ts';
import { messageOf } from '../errors/index.ts';
import { Aborter, newId, pause, withinTime } from '../lib/index.ts';
import type { Logger } from '../observability/index.ts';
import { signWebhook } from './sign-webhook.ts';

export interface WebhookOptions {
  readonly config: WebhookConfig;
  readonly log: Logger;
  /** The pause before a retry, from 1. @default from 1 s to 1 min, four times as long each time, with jitter */
  readonly pauseMs?: (retry: number) => number;
}

interface Message {
  readonly id: string;
  readonly body: object;
}

interface Failure {
  readonly reason: string;
  readonly isRetryable: boolean;
}

/** Messages that wait to be sent. */
const maxWaiting = 1_000;
const maxAtOnce = 4;
const maxAttempts = 6;
/** How long a gateway that ends, or a configuration that is replaced, waits for the last attempts. */
const closeMs = 2_000;

export class Webhook {
  readonly #options: WebhookOptions;
  readonly #waiting: Message[] = [];
  readonly #senders = new Set<Promise<void>>();
  /** Senders that take what waits: apart, since a promise ends later than its work. */
  #sending = 0;
  /** Aborts pauses: what is left is tried once more. */
  readonly #closing = new Aborter();
  /** Aborts attempts. */
  readonly #closed = new Aborter();
  /** Messages that were not sent since the receiver answered last. */
  #lost = 0;

  constructor(options: WebhookOptions) {
    this.#options = options;
  }

  /**
   * Never waits, never throws.
   * @param body sent as JSON
   * @param id the same for the same message, whoever sends it @default one of its own
   */
  send(body: object, id: string = newId('msg_')): void {
    if (this.#closing.signal.aborted) this.#lose('the gateway ends');
    else if (this.#waiting.length >= maxWaiting) this.#lose(`${maxWaiting} wait already`);
    else {
      this.#waiting.push({ id, body });
      if (this.#sending >= maxAtOnce) return;
      this.#sending++;
      const sender = this.#sendWaiting().finally(() => this.#senders.delete(sender));
      this.#senders.add(sender);
    }
  }

  async close(): Promise<void> {
    this.#closing.abort();
    const ended = Promise.all(this.#senders);
    await withinTime(ended, { timeoutMs: closeMs, what: 'sending webhooks' }).catch(() => undefined);
    this.#closed.abort();
    await ended;
  }

  async #sendWaiting(): Promise<void> {
    for (let message = this.#waiting.shift(); message !== undefined; message = this.#waiting.shift())
      await this.#deliver(message);
    this.#sending--;
  }

  async #deliver({ id, body: content }: Message): Promise<void> {
    const body = JSON.stringify(content);
    for (let attempt = 1; ; attempt++) {
      const isLast = attempt === maxAttempts || this.#closing.signal.aborted;
      const failure = await this.#attempt(id, body);
      if (failure === undefined) return this.#reportSent();
      if (isLast || !failure.isRetryable) return this.#lose(failure.reason);
      const { pauseMs = defaultPauseMs } = this.#options;
      await pause(pauseMs(attempt), this.#closing.signal).catch(() => undefined);
    }
  }

  async #attempt(id: string, body: string): Promise<Failure | undefined> {
    const { url, secret, timeoutMs } = this.#options.config;
    try {
      const response = await fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...signWebhook({ id, body, sentAt: Date.now() }, secret) },
        body,
        signal: AbortSignal.any([this.#closed.signal, AbortSignal.timeout(timeoutMs)]),
        redirect: 'manual',
      });
      const { ok, status } = response;
      // The answer is its status. A body that does not end ends with the connection.
      await response.body?.cancel().catch(() => undefined);
      if (ok) return undefined;
      return { reason: `it answered ${status}`, isRetryable: status >= 500 || status === 429 || status === 408 };
    } catch (error) {
      const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
      return { reason: messageOf(cause), isRetryable: true };
    }
  }

  #lose(reason: string): void {
    this.#lost++;
    if (this.#lost > 1) return;
    const { config, log } = this.#options;
    // The rest of a URL may be a credential.
    const { origin } = new URL(config.url);
    log.warn({ webhook: origin, reason }, 'a webhook was not sent; more are not logged until one is sent');
  }

  #reportSent(): void {
    if (this.#lost === 0) return;
    const { config, log } = this.#options;
    const { origin } = new URL(config.url);
    log.info({ webhook: origin, lost: this.#lost }, 'webhooks are sent again');
    this.#lost = 0;
  }
}

function defaultPauseMs(retry: number): number {
  return (0.5 + Math.random() / 2) * Math.min(60_000, 1_000 * 4 ** (retry - 1));
}
