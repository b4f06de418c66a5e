/** Writes images, files and audio on the OpenAI wires. Media that a wire does not support is `unsupported`. */
import type { FilePart, ImagePart, JsonObject } from '../../../model-call/index.ts';
import { unsupported } from '../../../model-call/index.ts';

/** The URL itself, or the bytes as a `data:` URL. */
export function imageUrl({ source, mediaType }: ImagePart): string {
  if (source.kind === 'url') return source.url;
  return `data:${mediaType ?? imageTypeOf(source.data)};base64,${source.data}`;
}

export function chatFile(part: FilePart): JsonObject {
  if (part.source.kind === 'url') throw unsupported('a file by its URL');
  if (part.mediaType.startsWith('audio/')) {
    return { type: 'input_audio', input_audio: { data: part.source.data, format: soundFormat(part.mediaType) } };
  }
  return {
    type: 'file',
    file: { filename: part.name ?? 'file', file_data: dataUrl(part.mediaType, part.source.data) },
  };
}

export function responsesFile(part: FilePart): JsonObject {
  if (part.mediaType.startsWith('audio/')) throw unsupported('sound');
  if (part.source.kind === 'url') return { type: 'input_file', file_url: part.source.url };
  return {
    type: 'input_file',
    filename: part.name ?? 'file',
    file_data: dataUrl(part.mediaType, part.source.data),
  };
}

function dataUrl(mediaType: string, base64: string): string {
  return `data:${mediaType};base64,${base64}`;
}

function soundFormat(mediaType: string): 'wav' | 'mp3' {
  switch (mediaType) {
    case 'audio/wav':
    case 'audio/x-wav':
    case 'audio/wave':
      return 'wav';
    case 'audio/mpeg':
    case 'audio/mp3':
      return 'mp3';
    default:
      throw unsupported(`sound of the type ${mediaType}`);
  }
}

/** By signature, for images without a media type. */
function imageTypeOf(base64: string): string {
  if (base64.startsWith('iVBOR')) return 'image/png';
  if (base64.startsWith('/9j/')) return 'image/jpeg';
  if (base64.startsWith('R0lGOD')) return 'image/gif';
  if (base64.startsWith('UklGR')) return 'image/webp';
  throw unsupported('an image of unknown type');
}
