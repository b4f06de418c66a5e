/**
 * Removes thinking that a model wrote between tags at the start of its text from a response that is passed through: the
 * text is the answer only, in every event and item that has it.
 */
import type { JsonObject } from '../../model-call/index.ts';
import { isRecord } from '../../model-call/index.ts';
import { beginsWithThinking, withoutThinking } from '../shared/index.ts';

/** The same value if no text has thinking. */
export function withAnswersOnly<Value>(value: Value): Value {
  return stripped(value, 0) as Value;
}

/** Response, item, content, part: the maximum depth of a text. */
const deepest = 6;

function stripped(value: unknown, depth: number): unknown {
  if (depth > deepest) return value;
  if (Array.isArray(value)) {
    const items = value.map((item) => stripped(item, depth + 1));
    return items.every((item, index) => item === value[index]) ? value : items;
  }
  if (!isRecord(value)) return value;
  const { type, text } = value;
  if (isText(type)) {
    return typeof text === 'string' && beginsWithThinking(text) ? { ...value, text: withoutThinking(text) } : value;
  }
  let changed: Record<string, unknown> | undefined;
  for (const name of ['response', 'output', 'item', 'content', 'part']) {
    const inner = stripped(value[name], depth + 1);
    if (inner !== value[name]) changed = { ...(changed ?? value), [name]: inner };
  }
  return (changed as JsonObject | undefined) ?? value;
}

function isText(type: unknown): boolean {
  return type === 'output_text' || type === 'response.output_text.done';
}
