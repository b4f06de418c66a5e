/** A sink that keeps the events of requests, found by the ids that tests send as `x-request-id`. */
import type { RequestEvent, RequestSink } from '../../src/observability/index.ts';

export class RecordedEvents implements RequestSink {
  readonly #events = new Map<string, RequestEvent>();
  readonly #waiting = new Map<string, (event: RequestEvent) => void>();
  /** The ids of those that have begun. */
  readonly begun = new Set<string>();

  begin({ id }: RequestEvent): void {
    this.begun.add(id);
  }

  record(event: RequestEvent): void {
    this.#events.set(event.id, event);
    this.#waiting.get(event.id)?.(event);
  }

  /** Once its exchange has ended. */
  of(id: string): Promise<RequestEvent> {
    const event = this.#events.get(id);
    if (event !== undefined) return Promise.resolve(event);
    return new Promise((resolve) => {
      this.#waiting.set(id, resolve);
    });
  }
}
