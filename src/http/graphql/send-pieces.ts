/**
 * Sends a long answer: a piece is made once the client has taken the one before, so that a slow reader costs one piece and
 * not the answer. Its length is unknown, so it goes in chunks (RFC 9112, section 7.1), or up to the connection's end
 * to an HTTP/1.0 client.
 *
 * An answer is whole or its connection is reset: one that ends early has no last chunk and is no JSON. A client that
 * leaves ends the work.
 */
import type { ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { LongText } from '../../execution/index.ts';
import { sharedBuffers } from '../../lib/index.ts';
import { markBounded } from '../exchanges.ts';

/**
 * @param response with its head set
 * @param onFailure is told why no more can be made
 */
export function sendPieces(response: ServerResponse, text: LongText, onFailure: (error: unknown) => void): void {
  const { socket } = response;
  const pieces = text.pieces();
  markBounded(response);
  // A reader without a socket holds the bytes themselves.
  const isCopied = socket instanceof Socket;

  function proceed(): void {
    try {
      for (let hasRoom = true; hasRoom; ) {
        const next = pieces.next();
        if (next.done === true) {
          response.end();
          return;
        }
        const piece = next.value;
        hasRoom = response.write(piece, (error) => {
          if (error == null && isCopied) sharedBuffers.release(piece);
        });
      }
      response.once('drain', proceed);
    } catch (error) {
      onFailure(error);
      // A TLS connection cannot be reset; it ends without the last chunk.
      if (isCopied && !(socket instanceof TLSSocket)) socket.resetAndDestroy();
      else response.destroy();
    }
  }

  response.once('close', () => {
    response.off('drain', proceed);
    pieces.return();
  });
  if (response.destroyed) pieces.return();
  else proceed();
}
