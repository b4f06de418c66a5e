import { createServer } from 'node:net';

/** The first of these ports on 127.0.0.1 that something else listens on. */
export async function findTakenPort<Holder extends { readonly port: number }>(
  holders: readonly Holder[],
): Promise<Holder | undefined> {
  const taken = await Promise.all(holders.map(({ port }) => isTaken(port)));
  return holders.find((_holder, index) => taken[index]);
}

function isTaken(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(true));
    probe.listen({ port, host: '127.0.0.1', exclusive: true }, () => probe.close(() => resolve(false)));
  });
}
