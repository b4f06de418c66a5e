import { createServer } from 'node:net';

/** The first of these ports that something else listens on, on 127.0.0.1 or the holder's own address; 0 is always free. */
export async function findTakenPort<Holder extends { readonly port: number; readonly host?: string }>(
  holders: readonly Holder[],
): Promise<Holder | undefined> {
  const taken = await Promise.all(holders.map(({ port, host }) => port !== 0 && isTaken(port, host)));
  return holders.find((_holder, index) => taken[index]);
}

function isTaken(port: number, host = '127.0.0.1'): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    // Another error, such as an address this machine has not, is the gateway's to tell.
    probe.once('error', (error: NodeJS.ErrnoException) => resolve(error.code === 'EADDRINUSE'));
    probe.listen({ port, host, exclusive: true }, () => probe.close(() => resolve(false)));
  });
}
