import type { ModelAnswer } from './model-answer.ts';
import type { StreamDelta } from './stream-part.ts';

/** Converts a complete answer to the deltas of a stream, one for each part. */
export function* replayAnswer({
  content,
  refusal,
}: Pick<ModelAnswer, 'content' | 'refusal'>): Generator<StreamDelta, void, void> {
  for (let index = 0; index < content.length; index++) {
    const part = content[index];
    if (part?.type === 'text') {
      yield { type: 'text_delta', index, text: part.text };
      for (const citation of part.citations ?? []) yield { type: 'citation_delta', index, citation };
    } else if (part?.type === 'reasoning') {
      const { text, opaque } = part;
      yield { type: 'reasoning_delta', index, text, ...(opaque === undefined ? {} : { opaque }) };
    } else if (part !== undefined) {
      const { id, name, opaque } = part;
      yield { type: 'tool_call_start', index, id, name, ...(opaque === undefined ? {} : { opaque }) };
      yield { type: 'tool_call_delta', index, arguments: part.arguments };
    }
  }
  if (refusal !== undefined) yield { type: 'refusal_delta', text: refusal };
}
