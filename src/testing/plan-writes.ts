/**
 * Converts a rendered answer and its faults to a list of writes: the bytes, the delay before each, and how it stops.
 */
import { invariant } from '../lib/index.ts';
import type { Faults, StopManner, StopPlace } from './faults.ts';
import type { Rendered } from './render-reply.ts';
import type { Frame } from './wire-form.ts';

export interface Write {
  readonly delayMs: number;
  readonly bytes: Buffer;
  /** The number of complete events after this write. */
  readonly chunksDone: number;
}

export interface WritePlan {
  readonly writes: readonly Write[];
  readonly stop: StopManner;
  readonly stopsBeforeHeaders: boolean;
  /** Known to the client in advance, if it is sent. */
  readonly contentLength: number | undefined;
}

export function planWrites(rendered: Rendered, faults: Faults): WritePlan {
  const frames = framesWith(rendered, faults).map(({ bytes }) =>
    typeof bytes === 'string' ? Buffer.from(bytes) : bytes,
  );
  const ends: number[] = [];
  let length = 0;
  for (const frame of frames) {
    length += frame.length;
    ends.push(length);
  }
  const body = Buffer.concat(frames, length);

  const stopFault = faults.stop;
  const stopAt = stopFault === undefined ? undefined : stopOffset(stopFault.at, ends, body);
  const end = Math.min(stopAt ?? length, length);
  // A position past the end of the body is never reached, unless it is the end itself.
  const stop: StopManner = stopAt === undefined || stopAt > length ? 'end' : (stopFault?.how ?? 'reset');

  const writes: Write[] = [];
  let [from, delayMs, chunksDone] = [0, 0, 0];
  for (const [to, nextDelayMs] of boundaries(body, ends, end, faults)) {
    while ((ends[chunksDone] ?? Infinity) <= to) chunksDone++;
    if (to > from) writes.push({ delayMs, bytes: body.subarray(from, to), chunksDone });
    from = to;
    delayMs = nextDelayMs;
  }
  const padBytes = faults.padBytes ?? 0;
  const isLengthSent = !rendered.isStream && padBytes === 0 && stopFault?.how !== 'end';
  return {
    writes: withPadding(writes, rendered.isStream, padBytes),
    stop,
    stopsBeforeHeaders: stopFault?.at === 'before-headers',
    contentLength: isLengthSent ? length : undefined,
  };
}

/** The faults that change the events and their framing. */
function framesWith({ frames: original, isStream, errorFrames }: Rendered, faults: Faults): readonly Frame[] {
  if (!isStream) return original;
  let frames = [...original];
  const { endBefore, errorEvent, framing } = faults;
  if (endBefore !== undefined) {
    const at = frames.findIndex(({ kind }) => kind === 'terminal' || kind === endBefore);
    if (at !== -1) frames = frames.slice(0, at);
  }
  if (errorEvent !== undefined) {
    const before = frames.slice(0, errorEvent.afterChunks);
    frames = [...before, ...errorFrames(errorEvent.error ?? { status: 500 }, before.length)];
  }
  const [first] = frames;
  if (faults.duplicateFirst === true && first !== undefined) frames.unshift(first);
  if (framing !== undefined) frames = frames.map((frame) => reframed(frame, framing));
  const last = frames.at(-1);
  if (faults.withoutLastBlankLine === true && typeof last?.bytes === 'string') {
    frames[frames.length - 1] = { ...last, bytes: last.bytes.trimEnd() };
  }
  return frames;
}

/** JSON text contains no line ends, so those in a frame are all framing. */
function reframed(frame: Frame, framing: NonNullable<Faults['framing']>): Frame {
  if (typeof frame.bytes !== 'string') return frame;
  let bytes = framing.comments === true ? `: keep-alive\n\n${frame.bytes}` : frame.bytes;
  if (framing.withoutSpace === true) bytes = bytes.replace(/^(event|data): /gm, '$1:');
  if (framing.lineEnd !== undefined) bytes = bytes.replaceAll('\n', framing.lineEnd);
  return { ...frame, bytes };
}

function stopOffset(at: StopPlace, ends: readonly number[], body: Buffer): number {
  if (at === 'before-headers') return 0;
  if (at === 'inside-character') {
    const lead = body.findLastIndex((byte) => byte >= 0xc0);
    invariant(lead !== -1, 'the answer has no character of several bytes to stop inside of');
    return lead + 1;
  }
  if ('afterBytes' in at) return at.afterBytes;
  return at.afterChunks === 0 ? 0 : (ends[at.afterChunks - 1] ?? Infinity);
}

/** The end of each write, in order, and the delay after it. */
function boundaries(body: Buffer, ends: readonly number[], end: number, faults: Faults): [number, number][] {
  const { chunkDelayMs, drip, splitAt } = faults;
  const delays = new Map<number, number>();
  if (typeof splitAt === 'number') delays.set(splitAt, 0);
  else if (splitAt === 'inside-characters') {
    for (let index = 0; index < end; index++) if ((body[index] ?? 0) >= 0xc0) delays.set(index + 1, 0);
  } else for (const offset of splitAt ?? []) delays.set(offset, 0);
  if (drip !== undefined) {
    for (let offset = drip.bytes; offset < end; offset += Math.max(1, drip.bytes)) delays.set(offset, drip.everyMs);
  }
  if (chunkDelayMs !== undefined) for (const offset of ends) delays.set(offset, chunkDelayMs);
  delays.set(end, 0);
  return [...delays].filter(([offset]) => offset > 0 && offset <= end).sort(([one], [other]) => one - other);
}

const padding = Buffer.alloc(65_536, ' ');

function withPadding(writes: readonly Write[], isStream: boolean, padBytes: number): readonly Write[] {
  if (padBytes === 0) return writes;
  const blanks: Write[] = [];
  for (let remaining = padBytes; remaining > 0; remaining -= padding.length) {
    blanks.push({ delayMs: 0, bytes: padding.subarray(0, Math.min(remaining, padding.length)), chunksDone: 0 });
  }
  if (!isStream) return [...blanks, ...writes];
  const comment = (text: string): Write => ({ delayMs: 0, bytes: Buffer.from(text), chunksDone: 0 });
  return [comment(':'), ...blanks, comment('\n\n'), ...writes];
}
