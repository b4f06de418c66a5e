/**
 * Decodes a body whose provider encoded it unasked, piece by piece as it arrives, so that a stream of events stays one.
 * How much may come out is the reader's bound to hold: a small body can decode to a huge one.
 */
import { createBrotliDecompress, createGunzip, createInflate, createZstdDecompress } from 'node:zlib';

export interface BodyDecoderEvents {
  readonly onChunk: (chunk: Buffer) => void;
  /** There is room for more after a `write` that said there was none. */
  readonly onRoom: () => void;
  readonly onEnd: () => void;
  readonly onError: (error: Error) => void;
}

export interface BodyDecoder {
  /** @returns whether the sender is to be held back until `onRoom` */
  write(chunk: Buffer): boolean;
  end(): void;
  pause(): void;
  resume(): void;
  stop(): void;
}

const decoders = new Map([
  ['gzip', () => createGunzip()],
  ['x-gzip', () => createGunzip()],
  ['deflate', () => createInflate()],
  ['br', () => createBrotliDecompress()],
  ['zstd', () => createZstdDecompress()],
]);

/** `undefined`: the encoding is none that is known, or several on top of each other. */
export function createBodyDecoder(encoding: string, events: BodyDecoderEvents): BodyDecoder | undefined {
  const decoder = decoders.get(encoding.trim().toLowerCase())?.();
  if (decoder === undefined) return undefined;
  let isStopped = false;
  decoder.on('data', (chunk: Buffer) => {
    if (!isStopped) events.onChunk(chunk);
  });
  decoder.on('drain', events.onRoom);
  decoder.on('end', events.onEnd);
  decoder.on('error', (error) => {
    if (!isStopped) events.onError(error);
  });
  return {
    write: (chunk) => !decoder.write(chunk),
    end: () => decoder.end(),
    pause: () => decoder.pause(),
    resume: () => decoder.resume(),
    stop() {
      isStopped = true;
      decoder.destroy();
    },
  };
}
