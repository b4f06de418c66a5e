/**
 * Decodes a body whose provider encoded it unasked, piece by piece as it arrives, so that a stream of events stays one.
 * How much may come out is the reader's bound to hold: a small body can decode to a huge one.
 */
import { createBrotliDecompress, createGunzip, createInflate, createInflateRaw, createZstdDecompress } from 'node:zlib';

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

type Decode = ReturnType<typeof createGunzip> | ReturnType<typeof createZstdDecompress>;

const decoders: ReadonlyMap<string, (first: Buffer) => Decode> = new Map<string, (first: Buffer) => Decode>([
  ['gzip', () => createGunzip()],
  ['x-gzip', () => createGunzip()],
  // Zlib's format as RFC 9110 has it, or the bare one that some servers send; the first byte tells.
  ['deflate', (first) => (((first[0] ?? 0) & 0x0f) === 8 ? createInflate() : createInflateRaw())],
  ['br', () => createBrotliDecompress()],
  ['zstd', () => createZstdDecompress()],
]);

/** `undefined`: the encoding is none that is known, or several on top of each other. */
export function createBodyDecoder(encoding: string, events: BodyDecoderEvents): BodyDecoder | undefined {
  const make = decoders.get(encoding.trim().toLowerCase());
  return make === undefined ? undefined : decoderOf(make, events);
}

function decoderOf(make: (first: Buffer) => Decode, events: BodyDecoderEvents): BodyDecoder {
  let decoder: Decode | undefined;
  let isStopped = false;

  function open(first: Buffer): Decode {
    const opened = make(first);
    opened.on('data', (chunk: Buffer) => {
      if (!isStopped) events.onChunk(chunk);
    });
    opened.on('drain', events.onRoom);
    opened.on('end', events.onEnd);
    opened.on('error', (error) => {
      if (!isStopped) events.onError(error);
    });
    return opened;
  }

  return {
    write(chunk) {
      decoder ??= open(chunk);
      return !decoder.write(chunk);
    },
    end() {
      if (decoder === undefined) events.onEnd();
      else decoder.end();
    },
    pause: () => decoder?.pause(),
    resume: () => decoder?.resume(),
    stop() {
      isStopped = true;
      decoder?.destroy();
    },
  };
}
