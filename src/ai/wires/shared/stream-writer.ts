import type { GatewayError } from '../../../errors/index.ts';
import type { Completion, StreamDelta } from '../../model-call/index.ts';

/**
 * One stream written in one wire: each call gives the text that goes out, possibly none. A delta that a provider of the
 * same wire sent goes out as its bytes (`wire`); a stream is wholly one or the other.
 */
export interface StreamForm {
  /** What is sent while a model is silent; every client of the wire ignores it. */
  readonly heartbeat: string;
  delta(part: StreamDelta): string;
  /** What is left, ending in the wire's terminal event. `note` is a comment line for whoever reads the bytes. */
  end(answer: Completion, note: string): string;
  /** The wire's error event. No terminal event follows it. */
  failed(error: GatewayError): string;
}

/** A server-sent event; a provider's data may span lines. */
export function eventText(data: string, event?: string): string {
  const lines = data.includes('\n') ? data.replaceAll('\n', '\ndata: ') : data;
  return event === undefined ? `data: ${lines}\n\n` : `event: ${event}\ndata: ${lines}\n\n`;
}
