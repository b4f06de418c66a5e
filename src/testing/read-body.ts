import type { IncomingMessage } from 'node:http';

const maxBytes = 64 * 1024 * 1024;

/** A request's whole body; `undefined` where it is over 64 MB or the client went away in its middle. */
export function readBody(request: IncomingMessage, done: (body: string | undefined) => void): void {
  let first: Buffer | undefined;
  let rest: Buffer[] | undefined;
  let length = 0;
  request.on('data', (chunk: Buffer) => {
    length += chunk.length;
    if (length > maxBytes) {
      request.destroy();
      return;
    }
    if (first === undefined) first = chunk;
    else if (rest === undefined) rest = [first, chunk];
    else rest.push(chunk);
  });
  request.on('end', () => done((rest === undefined ? first : Buffer.concat(rest, length))?.toString() ?? ''));
  request.on('error', () => done(undefined));
}
