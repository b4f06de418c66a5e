/**
 * Where a server listens. `localhost` may be several addresses (127.0.0.1 and ::1) of which clients take any: the server then
 * has a listener at each, and the connections of all are its own, with the same answers, limits and drain.
 */
import dns from 'node:dns/promises';
import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';

/** @returns the host itself where it is not `localhost`, or is not known by that name */
export async function listenAddresses(host: string): Promise<readonly [first: string, ...others: string[]]> {
  if (host !== 'localhost') return [host];
  const entries = await dns.lookup(host, { all: true }).catch(() => []);
  const [first = host, ...others] = new Set(entries.map(({ address }) => address));
  return [first, ...others];
}

export interface ListenAtOptions {
  readonly hosts: readonly string[];
  readonly port: number;
  readonly reusePort: boolean;
  readonly onConnection: (socket: Socket) => void;
}

/**
 * @returns what accepts no more connections there; resolves once those that it had are closed
 * @throws Error with `code` EADDRINUSE or EACCES; an address that this machine does not have is left out
 */
export async function listenAt({
  hosts,
  port,
  reusePort,
  onConnection,
}: ListenAtOptions): Promise<() => Promise<void>> {
  const listeners: Server[] = [];
  const close = async (): Promise<void> => {
    const closed = listeners.map((listener) => once(listener, 'close'));
    for (const listener of listeners) listener.close();
    await Promise.all(closed);
  };
  try {
    for (const host of hosts) {
      // As a server of HTTP makes its own.
      const listener = createServer({ allowHalfOpen: true, noDelay: true }, onConnection);
      listener.listen({ host, port, reusePort });
      try {
        await once(listener, 'listening');
        listeners.push(listener);
      } catch (error) {
        if (!isMissing(error)) throw error;
      }
    }
    return close;
  } catch (error) {
    await close();
    throw error;
  }
}

function isMissing(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'EADDRNOTAVAIL' || code === 'EAFNOSUPPORT';
}
