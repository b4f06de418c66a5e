/**
 * Writes images and documents as blocks of Anthropic's wire. Nothing is fetched: a URL is passed to the API, which
 * fetches images and PDF documents from http and https itself; the bytes of a `data:` URL are sent.
 */
import type { FilePart, ImagePart, JsonObject } from '../../model-call/index.ts';
import { unsupported } from '../../model-call/index.ts';
import { invalidRequest } from './cache-control.ts';

type Source = { readonly url: string } | { readonly data: string };

/** @throws ProviderFailure of kind `unsupported` for media that the wire does not support */
export function writeMedia(part: ImagePart | FilePart, betas: Set<string>): JsonObject {
  const { mediaType, source } = sourceOf(part);
  const isUrl = 'url' in source;
  if (/^image(?:\/|$)/.test(mediaType)) {
    if (isUrl) return { type: 'image', source: { type: 'url', url: source.url } };
    const type = /^image\/[^*]/.test(mediaType) ? mediaType : imageTypeOf(source.data);
    return { type: 'image', source: { type: 'base64', media_type: type, data: source.data } };
  }
  if (mediaType === 'application/pdf') {
    betas.add('pdfs-2024-09-25');
    if (isUrl) return { type: 'document', source: { type: 'url', url: source.url } };
    return { type: 'document', source: { type: 'base64', media_type: mediaType, data: source.data } };
  }
  if (mediaType !== 'text/plain' || isUrl) throw unsupported(`media type: ${mediaType}`);
  const data = Buffer.from(source.data, 'base64').toString('utf8');
  return { type: 'document', source: { type: 'text', media_type: mediaType, data } };
}

function sourceOf(part: ImagePart | FilePart): { readonly mediaType: string; readonly source: Source } {
  const mediaType = part.mediaType ?? 'image/*';
  if (part.source.kind === 'base64') return { mediaType, source: { data: part.source.data } };
  const { url } = part.source;
  const inline = /^data:([^;,]+);base64,/.exec(url.slice(0, 200));
  if (inline !== null) return { mediaType: inline[1] ?? mediaType, source: { data: url.slice(inline[0].length) } };
  if (!URL.canParse(url)) throw invalidRequest(`a URL of type ${mediaType} cannot be read`);
  const isRead = /^https?:\/\//.test(url) && (/^image\//i.test(mediaType) || mediaType === 'application/pdf');
  if (!isRead) throw unsupported(`${mediaType} by URL (the API does not fetch it, and Isthmus never does)`);
  return { mediaType, source: { url: new URL(url).href } };
}

/** The base64 signatures of the formats that the API accepts. */
const signatures: readonly (readonly [begin: RegExp, type: string])[] = [
  [/^iVBORw/, 'image/png'],
  [/^\/9j\//, 'image/jpeg'],
  [/^R0lGOD/, 'image/gif'],
  [/^UklGR.{6}XRUJQ/, 'image/webp'],
];

function imageTypeOf(data: string): string {
  const type = signatures.find(([begin]) => begin.test(data))?.[1];
  if (type === undefined) throw unsupported('an image whose media type is not given and cannot be recognised');
  return type;
}
