/**
 * Writes a long answer piece by piece, as fast as whoever sends it takes the pieces: at no time more of it is in memory
 * than one piece and the value that is being written.
 *
 * What has been sent cannot be rolled back. The answer has been gone through before ({@link AnswerWriter}), so it is known
 * whether anything in it is rolled back; if so, a value that is written in parts is gone through once more before its
 * first part. Objects and lists are written by the same functions as in a short answer; where one of them turns out to be
 * longer than `maxPartLength`, that write is dropped, and its parts are written one by one.
 */
import { invariant, sharedBuffers } from '../../lib/index.ts';
import { type DataObject, isDataObject } from '../data/data.ts';
import { AnswerWriter, type AnswerWriterOptions, flushAgainAt } from './answer-writer.ts';
import type { FieldShape, ObjectShape } from './object-shape.ts';
import { writeObject } from './write-values.ts';

export interface PiecesOptions extends Pick<AnswerWriterOptions, 'introspect' | 'shared'> {
  readonly root: ObjectShape;
  readonly data: DataObject;
  /** Whether anything of the answer was rolled back. */
  readonly hasRolledBack: boolean;
  /** The length of the buffer that a piece is in. @default 128 KB */
  readonly pieceBytes?: number;
  /** The most characters of a value that is written as a whole. @default 65536 */
  readonly maxPartLength?: number;
}

type Part = Pick<FieldShape, 'write' | 'parts'>;

/** @returns the value of `data` as JSON text, in buffers that are lent: whoever takes one may release it */
export function* pieces(options: PiecesOptions): Generator<Buffer, void, void> {
  const { root, data } = options;
  const whole: Part = {
    write: (value, out) => writeObject(root, value as DataObject, out),
    parts: { kind: 'object', shapeOf: () => root },
  };
  const writer = new PieceWriter(options);
  yield* writer.inParts(whole, data);
  yield writer.take();
}

/** Thrown to leave a write, and caught where it began. */
const tooLong = new Error('the value is written in parts');

class PieceWriter {
  readonly #out: AnswerWriter;
  /** Goes through values without keeping their text; undefined where none is rolled back. */
  readonly #checker: AnswerWriter | undefined;
  readonly #pieceBytes: number;
  #piece: Buffer | undefined;
  #size = 0;
  /** Of the value that is being written: one that has none is written as a whole, however long. */
  #hasParts = true;

  constructor({ introspect, shared, hasRolledBack, pieceBytes, maxPartLength }: PiecesOptions) {
    this.#pieceBytes = pieceBytes ?? 131_072;
    const longest = maxPartLength ?? 65_536;
    const onFull = (): void => {
      if (this.#hasParts && this.#out.text.length > longest + flushAgainAt) throw tooLong;
    };
    this.#out = new AnswerWriter({ introspect, shared, onFull });
    if (!hasRolledBack) return;
    this.#checker = new AnswerWriter({ introspect, shared });
    this.#checker.isLong = true;
  }

  *inParts({ write, parts }: Part, value: unknown): Generator<Buffer, void, void> {
    const out = this.#out;
    if (this.#checker !== undefined && !write(value, this.#checker)) {
      out.text += 'null';
      return;
    }
    if (parts?.kind === 'list' && Array.isArray(value)) {
      out.text += '[';
      for (let index = 0; index < value.length; index++) {
        if (index > 0) out.text += ',';
        if (!this.#writeWhole(parts.item, value[index])) yield* this.inParts(parts.item, value[index]);
        if (this.#isFull) yield this.take();
      }
      out.text += ']';
      return;
    }
    invariant(parts?.kind === 'object' && isDataObject(value), 'only objects and lists are too long');
    const shape = parts.shapeOf(value.__typename);
    invariant(shape !== undefined, 'an object that is written has a shape');
    out.text += '{';
    for (const field of shape.fields) {
      out.text += field.prefix;
      if (!this.#writeWhole(field, value[field.dataKey])) yield* this.inParts(field, value[field.dataKey]);
      if (this.#isFull) yield this.take();
    }
    out.text += '}';
  }

  /** @returns whether the value was written; where not, it is too long */
  #writeWhole({ write, parts }: Part, value: unknown): boolean {
    const out = this.#out;
    const { text } = out;
    this.#hasParts = parts !== undefined;
    try {
      if (!write(value, out)) out.text += 'null';
    } catch (error) {
      if (error !== tooLong) throw error;
      out.resumeAt(text);
      return false;
    }
    if (out.text.length > flushAgainAt) this.#flush();
    return true;
  }

  get #isFull(): boolean {
    return this.#size > this.#pieceBytes - marginBytes;
  }

  /** The piece so far. */
  take(): Buffer {
    const piece = this.#flush().subarray(0, this.#size);
    this.#piece = undefined;
    this.#size = 0;
    return piece;
  }

  #flush(): Buffer {
    const out = this.#out;
    // UTF-8 needs three bytes at most for each unit of a JavaScript string.
    const needed = this.#size + out.text.length * 3;
    let piece = this.#piece;
    if (piece === undefined) piece = sharedBuffers.acquire(Math.max(this.#pieceBytes, needed));
    else if (piece.length < needed) piece = sharedBuffers.grow(piece, this.#size, needed);
    this.#size += piece.write(out.text, this.#size);
    this.#piece = piece;
    out.text = '';
    return piece;
  }
}

/** Room for the texts of most items, so that a piece's buffer need not grow. */
const marginBytes = 16_384;
