import type { Server } from 'node:http';

export interface RunningService {
  /** Where it answers. */
  readonly url: string;
  /** Ends it within about a second, whatever its clients do. */
  close(): Promise<void>;
}

export interface ListenOptions {
  /** 0 takes a free one. */
  readonly port: number;
  /** @default 127.0.0.1 */
  readonly host?: string | undefined;
}

/** @returns the origin, such as http://127.0.0.1:4001 @throws Error with `code` EADDRINUSE or EACCES */
export async function listen(server: Server, { port, host = '127.0.0.1' }: ListenOptions): Promise<string> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port, host }, () => {
      server.off('error', reject);
      resolve();
    });
  });
  const address = server.address();
  const listening = typeof address === 'object' && address !== null ? address.port : port;
  return `http://${host}:${listening}`;
}
