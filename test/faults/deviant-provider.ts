/** A whole gateway with a provider that sends what a test scripts, read by the vendors' own clients. */
import { afterAll, beforeAll, expect } from 'vitest';
import { startV1Gateway, type TargetWire, type V1Gateway } from '../integration/v1/v1-gateway.ts';
import { type ReadAnswer, readWith, routes } from '../integration/v1/v1-readers.ts';

export type Json = Readonly<Record<string, unknown>>;

/** What is sent, and what every client reads of it. */
export type Case = readonly [what: string, body: string, expected: Partial<Record<keyof ReadAnswer, unknown>>];

export const hello = { text: 'Hello', calls: [] } as const;
export const called = (...calls: ReadAnswer['calls']) => ({ text: '', calls });
export const one = called(['w', { c: 1 }]);
export const two = called(['w', { c: 1 }], ['x', { c: 2 }]);

/** Server-sent events; a text is sent as it is. */
export function sse(...events: readonly (Json | string)[]): string {
  return events
    .map((event) => {
      if (typeof event === 'string') return event;
      const named = typeof event.type === 'string' ? `event: ${event.type}\n` : '';
      return `${named}data: ${JSON.stringify(event)}\n\n`;
    })
    .join('');
}

/** To be called in a test file, which then has a gateway; at its end nothing was left unhandled. */
export function deviantProvider(wire: TargetWire) {
  let gateway: V1Gateway;
  const unhandled: unknown[] = [];
  const onUnhandled = (reason: unknown): number => unhandled.push(reason);
  beforeAll(async () => {
    process.on('unhandledRejection', onUnhandled);
    gateway = await startV1Gateway();
  });
  afterAll(async () => {
    await gateway[Symbol.asyncDispose]();
    process.off('unhandledRejection', onUnhandled);
    expect(unhandled).toEqual([]);
  });

  function send(body: string, stream: boolean): void {
    gateway.provider.reset();
    gateway.provider.respond({ body, headers: { 'content-type': stream ? 'text/event-stream' : 'application/json' } });
  }
  return {
    /** Every client reads the same. */
    async isRead(body: string, stream: boolean, expected: Case[2]): Promise<void> {
      send(body, stream);
      for (const route of routes) expect(await readWith(gateway, route, wire, stream), route).toMatchObject(expected);
    },
    /** Every client sees a failure. */
    async fails(body: string, stream: boolean): Promise<void> {
      send(body, stream);
      for (const route of routes) await expect(readWith(gateway, route, wire, stream), route).rejects.toThrow();
    },
  };
}
