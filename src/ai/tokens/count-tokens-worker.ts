/** The worker thread that counts tokens: one text in, one number out, in order. An encoding is loaded on first use. */
import { parentPort } from 'node:worker_threads';
import { invariant } from '../../lib/index.ts';

export interface CountJob {
  readonly id: number;
  readonly text: string;
  readonly model: string;
}

export interface CountResult {
  readonly id: number;
  readonly tokens: number;
}

/** Text in a message that looks like a special token is text. */
const asText = { disallowedSpecial: new Set<string>() };

type Count = (text: string, options: typeof asText) => number;

invariant(parentPort, 'runs as a worker');
const port = parentPort;

port.on('message', ({ id, text, model }: CountJob) => {
  void encodingOf(model).then((count) => {
    let tokens = 0;
    for (let start = 0; start < text.length; ) {
      const end = endOfPiece(text, start);
      tokens += count(text.slice(start, end), asText);
      start = end;
    }
    port.postMessage({ id, tokens } satisfies CountResult);
  });
});

/** Models before GPT-4o, including those for embeddings. */
const readsCl100k = /^(?:ft:)?(?:gpt-4(?!o|\.)|gpt-3\.5|gpt-35|text-embedding-|(?:davinci|babbage)-002)/;

async function encodingOf(model: string): Promise<Count> {
  const encoding = readsCl100k.test(model)
    ? await import('gpt-tokenizer/encoding/cl100k_base')
    : await import('gpt-tokenizer/encoding/o200k_base');
  return encoding.countTokens;
}

const pieceLength = 200;

/**
 * Splits before the last space of the next 200 characters, so that no token is split; without a space, after 200
 * characters.
 */
function endOfPiece(text: string, start: number): number {
  const end = start + pieceLength;
  if (end >= text.length) return text.length;
  const blank = text.lastIndexOf(' ', end);
  if (blank > start) return blank;
  const isLowSurrogate = (text.charCodeAt(end) & 0xfc00) === 0xdc00;
  return isLowSurrogate ? end - 1 : end;
}
