/**
 * Decodes a body with an unrequested content encoding chunk by chunk, so that a stream of events remains one. The
 * reader bounds the output: a small body can decode to a huge one.
 */
import { createBrotliDecompress, createGunzip, createInflate, createInflateRaw, createZstdDecompress } from 'node:zlib';

export interface BodyDecoderEvents {
  readonly onChunk: (chunk: Buffer) => void;
  /** Called when the decoder accepts more input after a `write` that returned true. */
  readonly onRoom: () => void;
  readonly onEnd: () => void;
  readonly onError: (error: Error) => void;
}

export interface BodyDecoder {
  /** @returns whether the sender must pause until `onRoom` */
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
  // The zlib format of RFC 9110, or raw deflate as some servers send; the first byte distinguishes them.
  ['deflate', (first) => (((first[0] ?? 0) & 0x0f) === 8 ? createInflate() : createInflateRaw())],
  ['br', () => createBrotliDecompress()],
  ['zstd', () => createZstdDecompress()],
]);

/** `undefined`: the encoding is unknown, or there are several. */
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
