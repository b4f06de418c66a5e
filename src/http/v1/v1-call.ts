/**
 * One call on /v1, whatever its wire: `RequestLife` leases the generation and bounds the call by the deadline and the
 * client's connection, the model client answers, and the answer goes out whole or as events.
 */
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { PublishedPrompt } from '../../ai/fields/index.ts';
import type { CallSummary, Completion } from '../../ai/model-call/index.ts';
import type { ModelCall, ModelClient } from '../../ai/models/index.ts';
import { formatUsd } from '../../ai/prices/index.ts';
import { InvalidField, type StreamForm } from '../../ai/wires/shared/index.ts';
import { GatewayError } from '../../errors/index.ts';
import { unreachable } from '../../lib/index.ts';
import type { Logger } from '../../observability/index.ts';
import { jsonType } from '../request/coded-answer.ts';
import { type LeasedGenerations, RequestLife } from '../request/request-life.ts';
import { setAnswerHeaders } from './answer-headers.ts';
import { EventStream } from './event-stream.ts';
import { noSuchModel } from './list-models.ts';
import { codedError } from './refuse-v1.ts';

/** What /v1 reads of a generation. */
export interface V1Generation {
  readonly models: ModelClient;
  readonly prompts: readonly PublishedPrompt[];
  readonly config: { readonly ai: { readonly exposeReferences: boolean; readonly callTimeoutMs: number } };
}

export type V1Generations = LeasedGenerations<V1Generation>;

/** There is no authentication yet: every caller is anonymous; credentials are not looked at and never passed on. */
const anonymous = { id: 'anonymous', tenant: 'public' };

/**
 * The model client ends a call at its deadline, and records it as such; what waits after that, for a client that does not
 * read, is aborted so much later.
 */
const graceMs = 50;

/** One request's call; `end` it once. */
export class V1Call {
  /** Whether the answer was cached: a client that repeats the request is likely to repeat it again. */
  isFromCache = false;
  /** The request's fields that only a provider of its own wire takes. */
  #wireFields: readonly string[] = [];
  /** The requested model. */
  #alias = '';
  readonly #life: RequestLife<V1Generation>;
  readonly #request: FastifyRequest;
  readonly #reply: FastifyReply;
  readonly #log: Logger;

  /** @throws GatewayError `OVERLOADED` where no generation serves */
  constructor(generations: V1Generations, request: FastifyRequest, reply: FastifyReply, log: Logger) {
    const timeoutMs = ({ config }: V1Generation): number => config.ai.callTimeoutMs;
    this.#life = new RequestLife({ generations, response: reply.raw, timeoutMs, graceMs });
    this.#request = request;
    this.#reply = reply;
    this.#log = log;
  }

  get generation(): V1Generation {
    return this.#life.generation;
  }

  /** @param user the end user, as the application names them: a split between models can be kept constant for one user */
  context(alias: string, user?: string): Omit<ModelCall, 'request'> {
    this.#alias = alias;
    const { signal, deadline } = this.#life;
    return {
      alias,
      caller: anonymous,
      ...(user === undefined ? {} : { stickyKey: user }),
      signal,
      deadline,
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
    this.isFromCache = summary.cache === 'exact';
    setAnswerHeaders(this.#reply, summary);
    this.#reply.header('content-type', jsonType).header('isthmus-cost-usd', formatUsd(summary.costNanoUsd)).send(body);
  }

  /** Sends an answer that took no model call. */
  send(body: string): void {
    this.#reply.header('content-type', jsonType).send(body);
  }

  /** Several calls at once; one that fails ends the others. */
  async completeAll(calls: readonly ModelCall[]): Promise<readonly Completion[]> {
    const { models } = this.generation;
    const ended = new AbortController();
    const signal = AbortSignal.any([this.#life.signal, ended.signal]);
    try {
      return await Promise.all(calls.map((call) => models.complete({ ...call, signal })));
    } finally {
      ended.abort(new GatewayError('CLIENT_CLOSED_REQUEST'));
    }
  }

  async complete(call: ModelCall, write: (answer: Completion) => string): Promise<void> {
    this.#wireFields = call.request.wire?.unmapped ?? [];
    const answer = await this.generation.models.complete(call);
    this.answer(answer, answer.wire ?? write(answer));
  }

  /**
   * Sends a stream. Until the first event has gone out, a failure is an answer of its own: it is thrown. After it, it
   * is the wire's error event, and the wire's terminal event never follows.
   */
  async stream(call: ModelCall, form: StreamForm): Promise<void> {
    this.#wireFields = call.request.wire?.unmapped ?? [];
    const events = new EventStream(this.#reply, { heartbeat: form.heartbeat, signal: this.#life.signal });
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
            setAnswerHeaders(events, part);
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
      // Where the request was aborted, a client that still reads is sent the abort's reason.
      const reason = this.reasonOf(error);
      fail(codedError(reason));
      if (!(reason instanceof GatewayError)) {
        this.#log.error({ requestId: this.#request.id, error }, 'a request failed unexpectedly');
      }
      return;
    }
    fail(new GatewayError('AI_STREAM_INCOMPLETE'));
  }

  /** The error to answer with, in the client's terms: names the models there are, and the fields that no model takes. */
  reasonOf(thrown: unknown): unknown {
    const reason = this.#life.reasonOf(thrown);
    if (!(reason instanceof GatewayError)) return reason;
    if (reason.code === 'AI_MODEL_NOT_FOUND') {
      const { models, config } = this.generation;
      return noSuchModel(models, config.ai.exposeReferences, this.#alias, reason);
    }
    const fields = this.#wireFields;
    if (fields.length === 0 || reason.code !== 'AI_REQUEST_UNSUPPORTED') return reason;
    // The client's own words, as far as they can be a field's name.
    const names = fields.slice(0, 10).map((name) => `\`${name.replace(/[^\w.[\] ()-]/g, '').slice(0, 64)}\``);
    const message = `No model of this name takes ${names.join(', ')}.`;
    return new InvalidField(message, fields[0], 'AI_REQUEST_UNSUPPORTED', reason);
  }

  end(): void {
    this.#life.end();
  }
}
