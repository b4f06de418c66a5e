/** Cached answers that are long: sent in pieces, which are parts of the cached bytes, as fast as the client takes them. */
import { JsonText, LongText } from '../../../execution/index.ts';

/** As long as answers that are sent in pieces when they are made. */
const longBytes = 1_000_000;
const pieceBytes = 65_536;

/** @param body a whole answer without errors: `{"data":…}` */
export function longAnswerOf(body: Buffer): LongText | undefined {
  if (body.length <= longBytes) return undefined;
  const end = body.length - 1;
  return new LongText(
    JsonText.head,
    function* () {
      for (let start = JsonText.head.length; start < end; start += pieceBytes)
        yield body.subarray(start, Math.min(start + pieceBytes, end));
    },
    '}',
  );
}
