/**
 * Subgraphs behind a proxy that delays, splits, resets and smuggles: a request has its own answer or a coded failure, in time,
 * nothing is executed twice that must not be, and no connection is left. `npm run soak -- 84 faulty-proxy` sends 100,000.
 */
import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { GatewayError } from '../../src/errors/index.ts';
import { Random } from '../testkit/random/random.ts';
import { newSeed, randomRuns } from '../testkit/random/random-runs.ts';
import { faultyProxy, type ProxyFault, proxyFaults } from '../testkit/servers/faulty-proxy.ts';
import {
  closeSubgraphs,
  connect,
  contextOf,
  describeEachClient,
  listenTcp,
} from '../testkit/servers/loopback-subgraph.ts';

afterEach(closeSubgraphs);

const concurrency = 24;
const timeoutMs = 5_000;
const expected = ['SUBREQUEST_HTTP_ERROR', 'SUBREQUEST_MALFORMED_RESPONSE'];

/** Counts what it has executed; answers of all lengths, with a length or in chunks, in one write. */
async function startUpstream(seed: number) {
  const executed = new Map<string, number>();
  const random = new Random(seed);
  const server = createServer((request, response) => {
    let text = '';
    request.on('data', (chunk) => (text += chunk));
    request.on('end', () => {
      const { turn } = (JSON.parse(text) as { variables: { turn: string } }).variables;
      executed.set(turn, (executed.get(turn) ?? 0) + 1);
      const body = JSON.stringify({ data: { turn, text: 'é'.repeat(random.below(random.chance(0.1) ? 20_000 : 20)) } });
      if (random.chance(0.5)) response.setHeader('content-length', Buffer.byteLength(body));
      response.socket?.cork();
      response.end(body);
      response.socket?.uncork();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    executed,
    port: (server.address() as AddressInfo).port,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

describeEachClient(() => {
  describe('requests through a proxy that delays, splits, resets and smuggles', () => {
    it('have their own answers or coded failures, and leave nothing', { timeout: 3_600_000 }, async () => {
      const seed = newSeed('faulty proxy');
      const upstream = await startUpstream(seed);
      const counts = new Map<ProxyFault, number>();
      const proxy = faultyProxy({ port: upstream.port, seed, counts });
      const open = new Set<Socket>();
      let mostOpen = 0;
      const url = await listenTcp((socket) => {
        open.add(socket);
        mostOpen = Math.max(mostOpen, open.size);
        socket.once('close', () => open.delete(socket));
        proxy(socket);
      });
      const client = connect(url, { timeoutMs, retries: 1, shareIdentical: false, maxConnections: concurrency });
      const total = randomRuns(600);
      const outcomes = new Map<string, number>();
      const mutations: string[] = [];
      let next = 0;
      const send = async (): Promise<void> => {
        while (next < total) {
          const number = next++;
          const turn = `turn ${number}`;
          const kind = number % 2 === 0 ? 'query' : 'mutation';
          if (kind === 'mutation') mutations.push(turn);
          const began = performance.now();
          let outcome: string;
          try {
            const { data } = await client.execute(
              { kind, query: `${kind} { turn }`, variables: { turn } },
              contextOf(),
            );
            expect(data, `of ${turn}`).toMatchObject({ turn });
            outcome = `${kind} answered`;
          } catch (error) {
            if (!(error instanceof GatewayError)) throw error;
            expect(expected, `${turn}: ${error.message}`).toContain(error.code);
            outcome = `${kind} failed`;
          }
          outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
          expect(performance.now() - began).toBeLessThan(2 * timeoutMs);
        }
      };
      await Promise.all(Array.from({ length: concurrency }, send));
      console.log(JSON.stringify(Object.fromEntries([...outcomes, ...counts])));

      expect(mutations.filter((turn) => (upstream.executed.get(turn) ?? 0) > 1)).toEqual([]);
      expect(Math.max(...upstream.executed.values())).toBeLessThanOrEqual(2); // a query, and its one retry
      expect([...counts.keys()].toSorted()).toEqual([...proxyFaults].toSorted());
      const of = (outcome: string): number => outcomes.get(outcome) ?? 0;
      expect(of('query answered') + of('query failed') + of('mutation answered') + of('mutation failed')).toBe(total);
      expect(of('query answered')).toBeGreaterThan(of('mutation answered'));
      expect(of('mutation answered')).toBeGreaterThan(total / 4);
      expect(mostOpen).toBeLessThanOrEqual(2 * concurrency); // one that is being closed beside each that is used
      await client.close();
      await expect.poll(() => open.size).toBe(0);
      upstream.close();
    });
  });
});
