import type { GatewayError } from '../../../errors/index.ts';
import type { Completion, StreamDelta } from '../../model-call/index.ts';

/**
 * Writes one stream in one wire: each call returns the text to send, possibly empty. The delta of a provider of the
 * same wire is sent as its original bytes (`wire`); a stream is entirely one or the other.
 */
export interface StreamForm {
  /** The keep-alive that is sent while a model is silent; every client of the wire ignores it. */
  readonly heartbeat: string;
  delta(part: StreamDelta): string;
  /** The final events, including the wire's terminal event. `note` is an SSE comment for debugging. */
  end(answer: Completion, note: string): string;
  /** The wire's error event. No terminal event follows it. */
  failed(error: GatewayError): string;
}

/** A server-sent event; a provider's data may have several lines. */
export function eventText(data: string, event?: string): string {
  const lines = data.includes('\n') ? data.replaceAll('\n', '\ndata: ') : data;
  return event === undefined ? `data: ${lines}\n\n` : `event: ${event}\ndata: ${lines}\n\n`;
}
