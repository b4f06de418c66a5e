/**
 * A server that owes an answer for a second is taken for gone, and its connection is made anew. That of `ioredis` (`socketTimeout`)
 * is a timer, which comes before what has arrived is read: a thread that was busy for a second broke off connections that were well.
 */
import type { Duplex } from 'node:stream';

/** A client, as far as it is looked at. */
interface WatchedClient {
  /** A socket. */
  readonly stream: Duplex & { readonly bytesRead?: number };
  /** The commands whose answers it owes. */
  readonly commandQueue: { readonly length: number };
  once(event: 'end', listener: () => void): unknown;
}

const silenceMs = 1_000;
/** Between two looks what has arrived is read. */
const looks = 2;

export function endSilentConnection(client: WatchedClient): void {
  let last: { readonly stream: unknown; readonly bytesRead: number | undefined } | undefined;
  let silences = 0;
  const look = (): void => {
    const { stream } = client;
    const owes = client.commandQueue.length > 0;
    const bytesRead = stream?.bytesRead;
    const isSilent = owes && last?.stream === stream && last.bytesRead === bytesRead;
    last = owes ? { stream, bytesRead } : undefined;
    silences = isSilent ? silences + 1 : 0;
    if (silences < looks) return;
    silences = 0;
    stream.destroy(new Error(`it has not answered for ${silenceMs} ms`));
  };
  const timer = setInterval(look, silenceMs / looks).unref();
  client.once('end', () => clearInterval(timer));
}
