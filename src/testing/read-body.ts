import type { IncomingMessage } from 'node:http';

const maxBytes = 64 * 1024 * 1024;

/** A request's complete body; `undefined` if it exceeds 64 MB or the client disconnects. */
export function readBody(request: IncomingMessage, done: (body: string | undefined) => void): void {
  let first: Buffer | undefined;
  let chunks: Buffer[] | undefined;
  let length = 0;
  request.on('data', (chunk: Buffer) => {
    length += chunk.length;
    if (length > maxBytes) {
      request.destroy();
      return;
    }
    if (first === undefined) first = chunk;
    else if (chunks === undefined) chunks = [first, chunk];
    else chunks.push(chunk);
  });
  request.on('end', () => done((chunks === undefined ? first : Buffer.concat(chunks, length))?.toString() ?? ''));
  request.on('error', () => done(undefined));
}
