/**
 * What Anthropic says in an answer beside its words, and only its own wire has a place for: citations of a text, which
 * stop sequence ended it, why it was refused. Unread, so that it reaches a client of that wire as it came.
 */
import type { JsonObject, ModelAnswer, ModelRequest } from '../../model-call/index.ts';
import { isRecord, textIn } from '../../model-call/index.ts';

type Stop = Pick<ModelAnswer, 'stopSequence' | 'stopDetails'>;

/** @param delta what says why it stopped: the message, or the delta of a stream's `message_delta` */
export function stopOf({ stop_sequence: sequence, stop_details: details }: JsonObject): Stop {
  return {
    ...(textIn(sequence) === undefined ? {} : { stopSequence: String(sequence) }),
    ...(isRecord(details) ? { stopDetails: details } : {}),
  };
}

/** Providers that only say that a stop sequence ended the answer: the one that was asked for, where there is only one. */
export function onlyStop(word: string | undefined, { stop = [] }: ModelRequest): Stop {
  const [only] = stop;
  if (only === undefined || stop.length > 1 || !/^stop_sequence$/i.test(word ?? '')) return {};
  return { stopSequence: only };
}
