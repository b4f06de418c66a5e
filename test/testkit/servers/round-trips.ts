/**
 * A TCP proxy in front of a server that lets so many round trips through, and withholds the answers after them: whoever goes
 * on nevertheless has waited for no more. A round trip is all that is sent before the first of its answers.
 */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export interface RoundTrips extends AsyncDisposable {
  readonly port: number;
  /** @param trips undefined: all of them, those withheld included */
  allow(trips?: number): void;
}

/** So long after the last byte a round trip is taken to be whole: whoever waits for its answers sends nothing more. */
const quietMs = 25;

export async function countRoundTrips(port: number): Promise<RoundTrips> {
  const sockets = new Set<Socket>();
  const withheld: (() => void)[] = [];
  let left = Number.POSITIVE_INFINITY;
  let quiet: NodeJS.Timeout | undefined;
  const release = (): void => {
    left -= 1;
    for (const write of withheld.splice(0)) write();
  };
  const server = createServer((client) => {
    const upstream = connect(port, '127.0.0.1');
    for (const socket of [client, upstream]) sockets.add(socket.on('error', () => undefined));
    client.on('data', (bytes) => {
      upstream.write(bytes);
      clearTimeout(quiet);
      if (left > 0 && Number.isFinite(left)) quiet = setTimeout(release, quietMs);
    });
    upstream.on('data', (bytes) => {
      if (!Number.isFinite(left)) client.write(bytes);
      else withheld.push(() => client.write(bytes));
    });
    client.once('close', () => upstream.destroy());
    upstream.once('close', () => client.destroy());
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    allow(trips = Number.POSITIVE_INFINITY) {
      left = trips;
      clearTimeout(quiet);
      for (const write of withheld.splice(0)) write();
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
