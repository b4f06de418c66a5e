/**
 * Splits a text into segments that can be checked independently, in one pass, for complete texts and deltas.
 *
 * A boundary depends only on the characters up to it and the first one of the next word, never on the deltas: so a
 * stream is checked exactly as the complete text is. Most segments are one word. Words that may belong to one match
 * stay together: groups of digits (phones, cards), IBANs, addresses, the value of `password:`, tags and links, private
 * keys; with patterns that can match white space, whole lines.
 *
 * At most `maxHeld` characters are buffered. A longer segment is split before its last separator, or, without one,
 * where no e-mail address is split; a private key continues in the next segment. That bound also makes every finder
 * linear: none reads more than `maxHeld` characters at once.
 *
 * The features of a segment's characters (`feature`) are passed along, so that plain words are read only once.
 *
 * Longer than most files: it is one state machine whose parts share their state, and the hottest loop of the guards.
 */

import {
  endsAsKeyWord,
  endsAsStreet,
  isHouseNumber,
  isLowerStreetWord,
  isParticle,
  isStreetWord,
  mayBeLowerStreetWord,
} from '../pii/opening-words.ts';
import { asciiKinds, feature, features, numeric, space, wideKind } from './character-kinds.ts';

/** Which words must stay together. */
export interface SegmentNeeds {
  readonly numbers: boolean;
  readonly addresses: boolean;
  readonly secrets: boolean;
  readonly markup: boolean;
  readonly lines: boolean;
}

/** Receives every segment in order; together they are the text. */
export interface SegmentSink {
  /** Called before the segments of a text, or of the buffer and the next delta. */
  begin(text: string): void;
  segment(text: string, start: number, end: number, features: number): void;
  /** Called after them: everything before `until` was in a segment. */
  done(text: string, until: number): void;
}

export const maxHeld = 2_048;

const maxAddressWords = 6;
const maxIbanLength = 46; // 34 characters and the spaces between groups of four
const maxTagLength = 512;
const maxLinkText = 120;

export class Segmenter {
  readonly #needs: SegmentNeeds;
  readonly #sink: SegmentSink;
  #buffer = '';
  #position = 0;
  /** The beginning of the segment; everything before it has been passed to the sink. */
  #start = 0;
  /** The beginning of the word; -1 between words. */
  #word = -1;
  #hasWord = false;
  #gap = 0;
  #newline = false;
  #features = 0;
  #lastKind = 0;
  #addressWords = 0;
  #capitals = 0;
  #ibanUntil = -1;
  #secretWords = 0;
  #tagUntil = -1;
  #linkUntil = -1;
  /** What the next character decides: whether `<` opens a tag, whether `]` continues as a link. */
  #undecided: 'none' | 'tag' | 'link' = 'none';
  #key: 'none' | 'open' | 'private' | 'ending' = 'none';
  #keyCarried = false;

  constructor(needs: SegmentNeeds, sink: SegmentSink) {
    this.#needs = needs;
    this.#sink = sink;
  }

  /** The number of buffered characters. */
  get held(): number {
    return this.#buffer.length;
  }

  feed(text: string): void {
    this.#buffer = this.#buffer === '' ? text : this.#buffer + text;
    this.#sink.begin(this.#buffer);
    this.#scan();
    this.#sink.done(this.#buffer, this.#start);
    if (this.#start > 0) this.#drop();
  }

  /** The end of the text: the buffer is the last segment. */
  end(): void {
    if (this.#word >= 0) this.#endWord(this.#buffer.length);
    if (this.#start < this.#buffer.length) this.#cutAt(this.#buffer.length);
    this.#sink.done(this.#buffer, this.#start);
    this.#buffer = '';
  }

  /** A complete text: offsets are those of the text. */
  feedAll(text: string): void {
    this.#buffer = text;
    this.#sink.begin(text);
    this.#scan();
    if (this.#word >= 0) this.#endWord(text.length);
    if (this.#start < text.length) this.#cutAt(text.length);
    this.#sink.done(text, text.length);
  }

  #scan(): void {
    const buffer = this.#buffer;
    const length = buffer.length;
    let limit = this.#start + maxHeld;
    for (let position = this.#position; position < length; position += 1) {
      if (position >= limit) {
        this.#cutLong(position);
        limit = this.#start + maxHeld;
      }
      const code = buffer.charCodeAt(position);
      const kind = code < 128 ? (asciiKinds[code] ?? 0) : wideKind(code);
      if (kind === 0 && this.#word >= 0 && this.#undecided === 'none') {
        if (code !== 62 && code !== 41) {
          this.#lastKind = 0;
          continue;
        }
      }
      if ((kind & space) !== 0) {
        if (this.#word >= 0) {
          this.#endWord(position);
          this.#gap = position;
          this.#word = -1;
          this.#newline = false;
          if (!this.#mayGoOn(position)) {
            this.#cutAt(position);
            limit = position + maxHeld;
          }
        }
        if (code === 10) this.#newline = true;
        continue;
      }
      if (this.#word < 0) {
        if (this.#hasWord && !this.#goesOn(code, kind, position)) {
          this.#cutAt(this.#gap);
          limit = this.#gap + maxHeld;
        }
        this.#word = position;
        this.#hasWord = true;
      }
      this.#features |= kind & features;
      this.#lastKind = kind;
      if (this.#needs.markup) this.#readMarkup(code, position);
    }
    this.#position = length;
  }

  #readMarkup(code: number, position: number): void {
    if (this.#undecided !== 'none') {
      const letter = code | 32;
      if (this.#undecided === 'tag') {
        if ((letter >= 97 && letter <= 122) || code === 47 || code === 33 || code === 63)
          this.#tagUntil = position + maxTagLength;
      } else if (code === 40 || code === 58) this.#linkUntil = position + maxTagLength;
      this.#undecided = 'none';
    }
    if (code === 60) this.#undecided = 'tag';
    else if (code === 62) this.#tagUntil = -1;
    else if (code === 91) this.#linkUntil = Math.max(this.#linkUntil, position + maxLinkText);
    else if (code === 93) {
      this.#linkUntil = -1;
      this.#undecided = 'link';
    } else if (code === 41) this.#linkUntil = -1;
  }

  /** Whether, after the word that ended at `end`, the next word may belong to the same match. */
  #mayGoOn(end: number): boolean {
    this.#undecided = 'none';
    const needs = this.#needs;
    if (needs.lines || this.#tagUntil > end || this.#linkUntil > end) return true;
    if (this.#key !== 'none' || this.#secretWords > 0 || this.#ibanUntil > end) return true;
    if (needs.addresses && (this.#addressWords > 0 || this.#capitals > 0)) return true;
    return needs.numbers && (this.#lastKind & (feature.digit | numeric)) !== 0;
  }

  /** Whether the word that begins at `position` with `code` belongs to the segment. */
  #goesOn(code: number, kind: number, position: number): boolean {
    const needs = this.#needs;
    if (this.#tagUntil > position || this.#linkUntil > position || this.#key !== 'none') return true;
    if (needs.lines) return !this.#newline;
    if (this.#secretWords > 0) return true;
    if (this.#newline || position - this.#gap > 3) return false;
    const letterOrDigit = (kind & (feature.digit | feature.upper)) !== 0 || (code >= 97 && code <= 122);
    if (this.#ibanUntil > position && letterOrDigit) return true;
    if (
      needs.numbers &&
      (this.#features & feature.digit) !== 0 &&
      (this.#lastKind & (feature.digit | numeric)) !== 0 &&
      (kind & (feature.digit | numeric)) !== 0
    )
      return true;
    if (needs.numbers && (this.#lastKind & numeric) !== 0 && (kind & feature.digit) !== 0) return true;
    if (!needs.addresses) return false;
    if (this.#addressWords > 0) return letterOrDigit || code >= 128;
    return this.#capitals > 0 && this.#capitals < 4 && ((kind & (feature.upper | feature.digit)) !== 0 || code >= 128);
  }

  /** Reads the word that ends at `end` for what may follow it. */
  #endWord(end: number): void {
    const { numbers, addresses, secrets } = this.#needs;
    const buffer = this.#buffer;
    const start = this.#word;
    const length = end - start;
    const first = buffer.charCodeAt(start);
    if (numbers && length >= 4 && (this.#features & feature.digit) !== 0 && this.#ibanUntil < end) {
      const tail = length > 24 ? buffer.slice(end - 24, end) : buffer.slice(start, end);
      if (/(?:^|[^A-Za-z0-9])[A-Za-z]{2}\d{2}[A-Za-z0-9]{0,18}$/.test(tail)) this.#ibanUntil = end + maxIbanLength;
    }
    if (secrets) this.#readSecretWord(start, end);
    if (addresses) this.#readAddressWord(start, end, first);
  }

  #readSecretWord(start: number, end: number): void {
    const length = end - start;
    if (length >= 12) this.#features |= feature.longWord;
    if (this.#secretWords > 0) this.#secretWords -= 1;
    const buffer = this.#buffer;
    if (endsAsKeyWord(buffer, start, end)) {
      this.#features |= feature.keyWord;
      this.#secretWords = 3;
    }
    if (this.#key === 'none' ? (this.#features & feature.hyphen) === 0 || length < 10 : length < 4) return;
    const word = buffer.slice(start, end);
    if (this.#key === 'none') {
      if (word.includes('-----BEGIN')) this.#key = 'open';
    } else if (word.includes('-----END')) this.#key = 'ending';
    else if (this.#key === 'open' && word.includes('PRIVATE')) this.#key = 'private';
    else if (this.#key === 'ending' && word.includes('-----')) this.#key = 'none';
  }

  #readAddressWord(start: number, end: number, first: number): void {
    const length = end - start;
    const upper = (first >= 65 && first <= 90) || first >= 0xc0;
    const digit = first >= 48 && first <= 57;
    if (!upper && !digit && this.#addressWords === 0) {
      this.#capitals = 0;
      if (length > 7 || length < 2 || !mayBeLowerStreetWord(first)) return;
      if (!isLowerStreetWord(this.#buffer.slice(start, end))) return;
    }
    const word = length > 40 ? '' : this.#buffer.slice(start, end);
    this.#capitals = upper ? this.#capitals + 1 : 0;
    if (this.#addressWords > 0) {
      const goesOn = upper || digit || isParticle(word) || isStreetWord(word);
      this.#addressWords = goesOn ? this.#addressWords - 1 : 0;
      this.#features |= feature.address;
    }
    if (digit ? isHouseNumber(word) : isStreetWord(word) || endsAsStreet(word)) {
      this.#addressWords = Math.max(this.#addressWords, maxAddressWords);
      this.#features |= feature.address;
    }
  }

  /** Splits a segment of the length `maxHeld`: before its last separator, or outside the last e-mail address. */
  #cutLong(position: number): void {
    const buffer = this.#buffer;
    const floor = Math.max(this.#start + 1, position - 512);
    let cut = position;
    for (let index = position - 1; index >= floor; index -= 1) {
      const code = buffer.charCodeAt(index);
      if (code <= 32 || code === 44 || code === 59 || code === 60 || code === 91 || code === 123 || code === 34) {
        cut = index;
        break;
      }
    }
    if (cut === position) {
      // Only the last 256 characters: searching further back would be quadratic.
      const at = buffer.slice(position - 256, position).lastIndexOf('@');
      if (at >= 0) cut = position - 256 + at - 65;
      const before = buffer.charCodeAt(cut - 1);
      if (before >= 0xd800 && before <= 0xdbff && cut - 1 > this.#start) cut -= 1; // never through a surrogate pair
    }
    const features = this.#features;
    const { word, inKey } = { word: this.#word, inKey: this.#key === 'private' || this.#key === 'ending' };
    const keep = {
      address: this.#addressWords,
      capitals: this.#capitals,
      iban: this.#ibanUntil,
      secret: this.#secretWords,
    };
    this.#features |= feature.cut;
    this.#cutAt(cut);
    this.#keyCarried = inKey;
    this.#features = features | feature.cut;
    this.#word = word >= 0 ? Math.max(word, cut) : -1;
    this.#hasWord = this.#word >= 0 || this.#gap > cut;
    if (this.#key === 'open') this.#key = 'none'; // not a private key: a certificate, or only the words
    this.#addressWords = keep.address;
    this.#capitals = keep.capitals;
    this.#ibanUntil = keep.iban;
    this.#secretWords = keep.secret;
  }

  #cutAt(end: number): void {
    const carried = this.#keyCarried ? feature.insideKey : 0;
    this.#keyCarried = false;
    this.#sink.segment(this.#buffer, this.#start, end, this.#features | carried);
    this.#start = end;
    this.#features = 0;
    this.#hasWord = false;
    this.#addressWords = 0;
    this.#capitals = 0;
    this.#ibanUntil = -1;
    this.#secretWords = 0;
  }

  /** Drops the text that the sink has; all positions are shifted. */
  #drop(): void {
    const by = this.#start;
    this.#buffer = this.#buffer.slice(by);
    this.#position -= by;
    this.#start = 0;
    if (this.#word >= 0) this.#word -= by;
    this.#gap -= by;
    if (this.#ibanUntil >= 0) this.#ibanUntil -= by;
    if (this.#tagUntil >= 0) this.#tagUntil = Math.max(-1, this.#tagUntil - by);
    if (this.#linkUntil >= 0) this.#linkUntil = Math.max(-1, this.#linkUntil - by);
  }
}
