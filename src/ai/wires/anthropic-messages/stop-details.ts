/**
 * The details of the end of an answer that only Anthropic's wire has: the stop sequence and the details of a refusal.
 * They pass through unparsed to clients of that wire.
 */
import type { JsonObject, ModelAnswer, ModelRequest } from '../../model-call/index.ts';
import { isRecord, textIn } from '../../model-call/index.ts';

type Stop = Pick<ModelAnswer, 'stopSequence' | 'stopDetails'>;

/** @param delta has the stop reason: the message, or the delta of a stream's `message_delta` */
export function stopOf({ stop_sequence: sequence, stop_details: details }: JsonObject): Stop {
  return {
    ...(textIn(sequence) === undefined ? {} : { stopSequence: String(sequence) }),
    ...(isRecord(details) ? { stopDetails: details } : {}),
  };
}

/** For providers that report a stop sequence without its text: the requested one, if there is exactly one. */
export function onlyStop(word: string | undefined, { stop = [] }: ModelRequest): Stop {
  const [only] = stop;
  if (only === undefined || stop.length > 1 || !/^stop_sequence$/i.test(word ?? '')) return {};
  return { stopSequence: only };
}
