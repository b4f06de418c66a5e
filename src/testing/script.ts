/**
 * Selects the reply to a request: one-time replies first, in order; then the newest standing responder that returns
 * one.
 */
import type { ReceivedRequest } from './received-request.ts';
import type { ScriptedReply } from './scripted-reply.ts';
import type { Wire } from './wire.ts';

/** Which requests a reply is for: those that match all given fields. */
export interface RequestMatch {
  readonly key?: string;
  readonly model?: string;
  readonly wire?: Wire;
}

/**
 * A standing reply, or a function that creates one for each request; `undefined` passes the request to an older
 * responder, or the default.
 */
export type Responder =
  | ScriptedReply
  | ((request: ReceivedRequest) => ScriptedReply | undefined | Promise<ScriptedReply | undefined>);

export class Script {
  readonly #once: { readonly reply: ScriptedReply; readonly match: RequestMatch }[] = [];
  readonly #standing: { readonly responder: Responder; readonly match: RequestMatch }[] = [];

  /** One-time replies not given yet. */
  get pending(): number {
    return this.#once.length;
  }

  addOnce(replies: readonly ScriptedReply[], match: RequestMatch): void {
    for (const reply of replies) this.#once.push({ reply, match });
  }

  addStanding(responder: Responder, match: RequestMatch): void {
    this.#standing.push({ responder, match });
  }

  clear(): void {
    this.#once.length = 0;
    this.#standing.length = 0;
  }

  /** A promise only if a responder returns one. */
  replyTo(request: ReceivedRequest): ScriptedReply | Promise<ScriptedReply> {
    if (this.#once.length > 0) {
      const at = this.#once.findIndex(({ match }) => matches(match, request));
      const [next] = at === -1 ? [] : this.#once.splice(at, 1);
      if (next !== undefined) return next.reply;
    }
    return this.#standingReply(request, this.#standing.length - 1);
  }

  #standingReply(request: ReceivedRequest, newest: number): ScriptedReply | Promise<ScriptedReply> {
    for (let index = newest; index >= 0; index--) {
      const rule = this.#standing[index];
      if (rule === undefined || !matches(rule.match, request)) continue;
      const reply = typeof rule.responder === 'function' ? rule.responder(request) : rule.responder;
      if (reply instanceof Promise) return reply.then((late) => late ?? this.#standingReply(request, index - 1));
      if (reply !== undefined) return reply;
    }
    return defaultAnswer;
  }
}

const defaultAnswer: ScriptedReply = {};

function matches({ key, model, wire }: RequestMatch, request: ReceivedRequest): boolean {
  return (
    (key === undefined || key === request.key) &&
    (model === undefined || model === request.model) &&
    (wire === undefined || wire === request.wire)
  );
}
