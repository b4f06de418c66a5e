/** Reads images, files and audio of the OpenAI wires. Isthmus never fetches a URL: it is passed to the provider. */
import type { FilePart, ImagePart, MediaSource } from '../../../model-call/index.ts';
import { InvalidField } from '../invalid-field.ts';
import type { Fields } from '../read-fields.ts';

/** Addresses in a provider's file store belong to the operator's account, so callers may not read them. */
export function refuseStoredFile(fields: Fields, at: string): void {
  if (fields.file_id !== undefined && fields.file_id !== null) {
    throw new InvalidField('Files stored at a provider are not available on this gateway.', `${at}file_id`);
  }
}

const detailLevels: readonly string[] = ['auto', 'low', 'high'];

/** @throws InvalidField for anything but an https, http or base64 data URL */
export function readImage(url: unknown, detail: unknown, at: string): ImagePart {
  const { source, mediaType } = readUrl(url, at);
  const part: { -readonly [K in keyof ImagePart]: ImagePart[K] } = { type: 'image', source };
  if (mediaType !== undefined) part.mediaType = mediaType;
  if (detail !== undefined && detail !== null) {
    // `original` is a newer value of the wire for the maximum.
    const level = detail === 'original' ? 'high' : detail;
    if (typeof level !== 'string' || !detailLevels.includes(level)) {
      throw new InvalidField('`detail` must be auto, low or high.', at);
    }
    part.detail = level as 'auto' | 'low' | 'high';
  }
  return part;
}

/** A document as a data URL, or as an address. */
export function readFile(url: unknown, name: string | undefined, at: string): FilePart {
  const { source, mediaType } = readUrl(url, at);
  const file: FilePart = { type: 'file', source, mediaType: mediaType ?? guessMediaType(name, source) };
  return name === undefined ? file : { ...file, name };
}

const soundTypes: ReadonlyMap<unknown, string> = new Map([
  ['wav', 'audio/wav'],
  ['mp3', 'audio/mpeg'],
]);

export function readSound(data: unknown, format: unknown, at: string): FilePart {
  const mediaType = soundTypes.get(format);
  if (mediaType === undefined) throw new InvalidField('`format` must be wav or mp3.', `${at}.format`);
  if (typeof data !== 'string' || data === '') throw new InvalidField('`data` must be base64.', `${at}.data`);
  return { type: 'file', source: { kind: 'base64', data }, mediaType };
}

const maxUrlLength = 8_192;

export function readUrl(
  url: unknown,
  at: string,
): { readonly source: MediaSource; readonly mediaType: string | undefined } {
  if (typeof url !== 'string') throw new InvalidField(`\`${at}\` must be a string.`, at);
  if (url.startsWith('data:')) {
    const comma = url.indexOf(',');
    const head = comma === -1 ? '' : url.slice('data:'.length, Math.min(comma, 256));
    if (!head.endsWith(';base64') || comma === url.length - 1) {
      throw new InvalidField(`\`${at}\` must be a data URL in base64.`, at);
    }
    const [mediaType] = head.split(';', 1);
    const type = mediaType !== undefined && /^[\w.+-]+\/[\w.+-]+$/.test(mediaType) ? mediaType : undefined;
    return { source: { kind: 'base64', data: url.slice(comma + 1) }, mediaType: type };
  }
  if (url.length > maxUrlLength || !/^https?:\/\/[^/]/i.test(url) || !URL.canParse(url)) {
    throw new InvalidField(`\`${at}\` must be an http, https or data URL.`, at);
  }
  return { source: { kind: 'url', url }, mediaType: undefined };
}

const typesByEnding: ReadonlyMap<string, string> = new Map([
  ['pdf', 'application/pdf'],
  ['txt', 'text/plain'],
  ['md', 'text/markdown'],
  ['csv', 'text/csv'],
  ['json', 'application/json'],
]);

function guessMediaType(name: string | undefined, source: MediaSource): string {
  const path = name ?? (source.kind === 'url' ? new URL(source.url).pathname : '');
  const ending = path.slice(path.lastIndexOf('.') + 1).toLowerCase();
  return typesByEnding.get(ending) ?? 'application/octet-stream';
}
