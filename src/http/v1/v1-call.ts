/**
 * The life of one call on /v1, whatever its wire: a generation is leased, the deadline and the client's connection
 * bound it, the model client is asked, and the answer goes out whole or as events.
 */
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { PublishedPrompt } from '../../ai/fields/index.ts';
import type { CallSummary, Completion } from '../../ai/model-call/index.ts';
import type { ModelCall, ModelClient } from '../../ai/models/index.ts';
import { formatUsd } from '../../ai/prices/index.ts';
import type { StreamForm } from '../../ai/wires/shared/index.ts';
import { InvalidField } from '../../ai/wires/shared/index.ts';
import { GatewayError } from '../../errors/index.ts';
import { Deadline, longestTimerMs, unreachable } from '../../lib/index.ts';
import type { Logger } from '../../observability/index.ts';
import { jsonType } from '../request/coded-answer.ts';
import { EventStream } from './event-stream.ts';
import { noSuchModel } from './list-models.ts';

/** What /v1 reads of a generation. */
export interface V1Generation {
  readonly models: ModelClient;
  readonly prompts: readonly PublishedPrompt[];
  readonly config: { readonly ai: { readonly exposeReferences: boolean; readonly callTimeoutMs: number } };
}

/** The generations that serve; a request keeps the one it began with. */
export interface V1Generations {
  acquire(): { readonly generation: V1Generation; release(): void } | undefined;
}

/** Until access lands, everyone is the anonymous principal; credentials are not looked at and never handed on. */
const anonymous = { id: 'anonymous', tenant: 'public' };

/**
 * The model client ends a call at its deadline, and records it as such; what still waits after it, for a client that does
 * not read, is ended so much later.
 */
const graceMs = 50;

/** One request's call: give it back with `end`. */
export class V1Call {
  readonly generation: V1Generation;
  /** Whether the answer was cached: whoever asks for it once more is likely to ask for it again. */
  isFromCache = false;
  /** The request's fields that only a provider of its own wire takes. */
  #beyond: readonly string[] = [];
  /** The model it asks for. */
  #alias = '';
  readonly #request: FastifyRequest;
  readonly #reply: FastifyReply;
  readonly #log: Logger;
  readonly #release: () => void;
  readonly #controller = new AbortController();
  readonly #deadline: Deadline;
  readonly #timer: NodeJS.Timeout;

  /** @throws GatewayError `OVERLOADED` where no generation serves */
  constructor(generations: V1Generations, request: FastifyRequest, reply: FastifyReply, log: Logger) {
    const lease = generations.acquire();
    if (lease === undefined) throw new GatewayError('OVERLOADED');
    this.generation = lease.generation;
    this.#release = () => lease.release();
    this.#request = request;
    this.#reply = reply;
    this.#log = log;
    const { callTimeoutMs } = this.generation.config.ai;
    this.#deadline = Deadline.in(callTimeoutMs);
    const late = () => this.#controller.abort(new GatewayError('GATEWAY_TIMEOUT'));
    this.#timer = setTimeout(late, Math.min(this.#deadline.timerMs + graceMs, longestTimerMs));
    reply.raw.on('close', () => {
      if (!reply.raw.writableFinished) this.#controller.abort(new GatewayError('CLIENT_CLOSED_REQUEST'));
    });
  }

  /** @param user the end user, as the application names them: what a split of models may be kept constant by */
  context(alias: string, user?: string): Omit<ModelCall, 'request'> {
    this.#alias = alias;
    return {
      alias,
      caller: anonymous,
      ...(user === undefined ? {} : { stickyKey: user }),
      signal: this.#controller.signal,
      deadline: this.#deadline,
      requestId: this.#request.id,
    };
  }

  /** @throws GatewayError `AI_MODEL_NOT_FOUND` */
  requireModel(alias: string): void {
    this.#alias = alias;
    if (!this.generation.models.has(alias)) throw new GatewayError('AI_MODEL_NOT_FOUND');
  }

  /** Sends a whole answer: a provider's own bytes, or the wire's text. */
  answer(summary: CallSummary, body: string): void {
    const { costNanoUsd, model, cache, adapted } = summary;
    if (adapted !== undefined) this.#reply.header('isthmus-adapted', adaptedValue(adapted));
    this.isFromCache = cache === 'exact';
    this.#reply
      .header('content-type', jsonType)
      .header('isthmus-model', headerValue(model))
      .header('isthmus-cost-usd', formatUsd(costNanoUsd))
      .header('isthmus-cache', cacheWord(cache))
      .send(body);
  }

  /** Sends what no model was asked for. */
  send(body: string): void {
    this.#reply.header('content-type', jsonType).send(body);
  }

  /** Several calls at once; one that fails ends the others. */
  async completeAll(calls: readonly ModelCall[]): Promise<readonly Completion[]> {
    const { models } = this.generation;
    const ended = new AbortController();
    const signal = AbortSignal.any([this.#controller.signal, ended.signal]);
    try {
      return await Promise.all(calls.map((call) => models.complete({ ...call, signal })));
    } finally {
      ended.abort(new GatewayError('CLIENT_CLOSED_REQUEST'));
    }
  }

  async complete(call: ModelCall, write: (answer: Completion) => string): Promise<void> {
    this.#beyond = call.request.wire?.beyond ?? [];
    const answer = await this.generation.models.complete(call);
    this.answer(answer, answer.wire ?? write(answer));
  }

  /**
   * Sends a stream. Until the first event has gone out, a failure is an answer of its own: it is thrown. After it, it
   * is the wire's error event, and the wire's terminal event never follows.
   */
  async stream(call: ModelCall, form: StreamForm): Promise<void> {
    this.#beyond = call.request.wire?.beyond ?? [];
    const events = new EventStream(this.#reply, { heartbeat: form.heartbeat, signal: this.#controller.signal });
    const fail = (error: GatewayError): void => {
      if (!events.begun) {
        events.abandon();
        throw error;
      }
      events.write(form.failed(error));
      events.end({});
    };
    try {
      for await (const part of this.generation.models.stream(call)) {
        switch (part.type) {
          case 'start':
            this.isFromCache = part.cache === 'exact';
            if (events.begun) break; // a heartbeat went out before a model answered
            events.setHeader('isthmus-model', headerValue(part.model));
            events.setHeader('isthmus-cache', cacheWord(part.cache));
            if (part.adapted !== undefined) events.setHeader('isthmus-adapted', adaptedValue(part.adapted));
            break;
          case 'end': {
            const cost = formatUsd(part.answer.costNanoUsd);
            events.write(form.end(part.answer, `: isthmus-cost-usd ${cost}\n\n`));
            events.end({ 'isthmus-cost-usd': cost });
            return;
          }
          case 'failed':
            fail(part.error);
            return;
          case 'text_delta':
          case 'reasoning_delta':
          case 'refusal_delta':
          case 'tool_call_start':
          case 'tool_call_delta':
          case 'citation_delta':
          case 'other': {
            events.write(form.delta(part));
            const room = events.room();
            if (room !== undefined) await room;
            break;
          }
          default:
            unreachable(part);
        }
      }
    } catch (error) {
      if (!events.begun) {
        events.abandon();
        throw error;
      }
      // The signal's reason: the deadline's is told; a client that left reads nothing.
      fail(toGatewayError(this.reasonOf(error)));
      if (!(this.reasonOf(error) instanceof GatewayError)) {
        this.#log.error({ requestId: this.#request.id, error }, 'a request failed unexpectedly');
      }
      return;
    }
    fail(new GatewayError('AI_STREAM_INCOMPLETE'));
  }

  /** What to tell the client of whatever was thrown. */
  reasonOf(thrown: unknown): unknown {
    if (this.#controller.signal.aborted) return this.#controller.signal.reason;
    if (thrown instanceof GatewayError && thrown.code === 'AI_MODEL_NOT_FOUND') {
      const { models, config } = this.generation;
      return noSuchModel(models, config.ai.exposeReferences, this.#alias, thrown);
    }
    const beyond = this.#beyond;
    if (beyond.length === 0 || !(thrown instanceof GatewayError) || thrown.code !== 'AI_REQUEST_UNSUPPORTED')
      return thrown;
    // The client's own words, as far as they are a field's name.
    const names = beyond.slice(0, 10).map((name) => `\`${name.replace(/[^\w.[\] ()-]/g, '').slice(0, 64)}\``);
    const message = `No model of this name takes ${names.join(', ')}.`;
    return new InvalidField(message, beyond[0], 'AI_REQUEST_UNSUPPORTED', thrown);
  }

  end(): void {
    clearTimeout(this.#timer);
    this.#release();
  }
}

export function toGatewayError(thrown: unknown): GatewayError {
  return thrown instanceof GatewayError ? thrown : new GatewayError('INTERNAL_SERVER_ERROR', { cause: thrown });
}

/** Cached without the provider being asked, shared, asked, or not looked for. */
function cacheWord(cache: CallSummary['cache']): string {
  return cache === 'exact' ? 'hit' : cache;
}

/** Names of fields, as clients wrote them, in a header's characters. */
function adaptedValue(adapted: readonly string[]): string {
  return adapted
    .join(', ')
    .replace(/[^\x20-\x7e]/g, '?')
    .slice(0, 2_000);
}

/** Model ids are configuration, but headers take no more than these. */
function headerValue(text: string): string {
  return text.replace(/[^\x21-\x7e]/g, '?');
}
