/**
 * One call on /v1, whatever its wire, within the life of its request: the model client answers, and the answer goes out
 * whole or as events.
 */
import type { Principal } from '../../access/index.ts';
import { type CallSummary, type Completion, choicesOf, type SpendAccount } from '../../ai/model-call/index.ts';
import type { ModelCall } from '../../ai/models/index.ts';
import { estimateInputTokens } from '../../ai/tokens/index.ts';
import { InvalidField, type StreamForm } from '../../ai/wires/shared/index.ts';
import { GatewayError } from '../../errors/index.ts';
import { abortSignalOf, formatUsd, onDemand, unreachable } from '../../lib/index.ts';
import type { RequestCharges } from '../../limits/index.ts';
import { CallEvents, type Logger, type OperationEvent } from '../../observability/index.ts';
import type { ClientReply } from '../request/client-reply.ts';
import type { ClientRequest } from '../request/client-request.ts';
import { jsonType } from '../request/coded-answer.ts';
import { readDryRun } from '../request/dry-run.ts';
import { openAccount } from '../request/open-account.ts';
import type { RequestLife } from '../request/request-life.ts';
import { setAnswerHeaders } from './answer-headers.ts';
import { EventStream } from './event-stream.ts';
import { noSuchModel } from './list-models.ts';
import { mayNameModel, offeredModels } from './offered-models.ts';
import { planCalls, priceCalls, type V1PricedCall } from './price-calls.ts';
import { codedError } from './refuse-v1.ts';
import type { ResponseHooks } from './response-hooks.ts';
import type { V1Generation } from './v1-generation.ts';

export interface V1CallOptions {
  readonly life: RequestLife<V1Generation>;
  readonly principal: Principal;
  readonly request: ClientRequest;
  readonly reply: ClientReply;
  /** For the head of a stream; a whole answer passes them afterwards. */
  readonly responseHooks: ResponseHooks | undefined;
  /** Undefined where nobody looks at it. */
  readonly event: OperationEvent | undefined;
  /** Undefined where nothing is limited by rates. */
  readonly charges: RequestCharges | undefined;
  readonly log: Logger;
}

export class V1Call {
  /** The text of a whole answer; undefined for a stream, which is sent as it comes. */
  body: string | undefined;
  /** Whether the answer was cached: a client that repeats the request is likely to repeat it again. */
  isFromCache = false;
  /** The request's fields that only a provider of its own wire takes. */
  #wireFields: readonly string[] = [];
  #account: SpendAccount | undefined;
  /** The requested model. */
  #alias = '';
  readonly #life: RequestLife<V1Generation>;
  readonly #principal: Principal;
  readonly #request: ClientRequest;
  readonly #reply: ClientReply;
  readonly #responseHooks: ResponseHooks | undefined;
  readonly #event: OperationEvent | undefined;
  readonly #charges: RequestCharges | undefined;
  readonly #log: Logger;
  /** Of the calls whose room is held together, one for each; empty: each asks for its own. */
  #keys: readonly string[] = [];

  constructor({ life, principal, request, reply, responseHooks, event, charges, log }: V1CallOptions) {
    this.#life = life;
    this.#principal = principal;
    this.#request = request;
    this.#reply = reply;
    this.#responseHooks = responseHooks;
    this.#event = event;
    this.#charges = charges;
    this.#log = log;
  }

  get generation(): V1Generation {
    return this.#life.generation;
  }

  /** What the operation is called where that is not its model. */
  name(name: string): void {
    if (this.#event !== undefined) this.#event.name = name;
  }

  /**
   * @param alias empty where the gateway chooses the model
   * @param user the end user, as the application names them: a split between models can be kept constant for one user
   * @throws GatewayError `AI_MODEL_NOT_FOUND` where the caller may not name the model
   */
  context(alias: string, user?: string): Omit<ModelCall, 'request'> {
    this.#alias = alias;
    if (this.#event !== undefined && alias !== '') this.#event.name ??= alias;
    if (alias !== '' && !mayNameModel(this.#principal, alias)) throw new GatewayError('AI_MODEL_NOT_FOUND');
    const { signal, deadline } = this.#life;
    return {
      alias,
      caller: this.#principal,
      account: this.#openAccount(),
      ...(user === undefined ? {} : { stickyKey: user }),
      signal,
      deadline,
      requestId: this.#request.id,
      ...(this.#event === undefined ? {} : { events: new CallEvents(this.#event) }),
    };
  }

  /** All calls of the request are charged to one. */
  #openAccount(): SpendAccount | undefined {
    const { headers, url } = this.#request;
    const door = url.split('?', 1)[0] ?? url;
    const request = { door, principal: this.#principal, headers, operation: undefined };
    const { budgets, rates } = this.generation;
    const isRated = rates?.limitsUsd === true;
    this.#account ??= openAccount(budgets, request) ?? (isRated ? budgets.openUnlimited() : undefined);
    return this.#account;
  }

  /** @throws GatewayError `AI_MODEL_NOT_FOUND` */
  requireModel(alias: string): void {
    this.#alias = alias;
    if (!this.generation.models.has(alias) || !mayNameModel(this.#principal, alias))
      throw new GatewayError('AI_MODEL_NOT_FOUND');
  }

  /** Answers whole: with a provider's own bytes, or the wire's text. */
  answer(summary: CallSummary, body: string): void {
    this.#noteCache(summary.cache);
    setAnswerHeaders(this.#reply, summary);
    this.#reply.header('isthmus-cost-usd', formatUsd(summary.costNanoUsd));
    this.send(body);
  }

  #noteCache(cache: CallSummary['cache']): void {
    this.isFromCache = cache === 'exact';
    if (this.#event === undefined) return;
    if (cache === 'exact' || cache === 'semantic') this.#event.source = 'cached';
    else if (cache === 'shared') this.#event.source = 'shared';
  }

  /** Answers whole, without a model call. */
  send(body: string): void {
    this.#reply.header('content-type', jsonType);
    this.body = body;
  }

  /**
   * Compares what calls may cost with what the client and its rates allow, before any of them is made.
   *
   * @returns whether the client wants to know that alone: it has been answered
   * @throws GatewayError `AI_COST_ESTIMATED_TOO_EXPENSIVE`, `RATE_LIMITED`
   */
  async isPricedOnly(calls: () => readonly V1PricedCall[]): Promise<boolean> {
    const isDryRun = readDryRun(this.#request.headers);
    const maxNanoUsd = this.#account?.maxNanoUsd;
    const { models, rates } = this.generation;
    if (!isDryRun && maxNanoUsd === undefined && rates?.limitsUsd !== true) {
      await this.#charge(calls, 0);
      return false;
    }
    const aliases = offeredModels(this.generation, this.#principal).names;
    const nanoUsd = priceCalls(calls(), { models, aliases, maxNanoUsd });
    const estimatedUsd = formatUsd(nanoUsd);
    this.#reply.header('isthmus-cost-usd-estimated', estimatedUsd);
    if (!isDryRun) {
      await this.#charge(calls, Number(nanoUsd));
      return false;
    }
    const cost = { ai: { estimatedUsd, actualUsd: '0', calls: 0, cached: 0 } };
    this.send(JSON.stringify({ dry_run: true, model: this.#alias, cost }));
    return true;
  }

  /** What the calls did not cost is put back once the answer has gone out. */
  async #charge(calls: () => readonly V1PricedCall[], nanoUsd: number): Promise<void> {
    const charges = this.#charges;
    const account = this.#account;
    if (charges === undefined) return;
    // Redis is asked for room in the budgets in the same round trip.
    const reserves = charges.isJoint && this.generation.budgets.joint !== undefined;
    if (reserves) this.#plan(calls());
    try {
      await charges.take({ points: 0, nanoUsd }, () => account?.reserve());
    } catch (error) {
      account?.close();
      throw error;
    }
    if (nanoUsd === 0 && !reserves) return;
    const settle = (): void => {
      account?.close();
      charges.settle('usd', Number(account?.spending.nanoUsd ?? 0n));
    };
    const { response } = this.#life;
    // Calls of a client that has left are settled in the same turn. It may have left while other gateways were asked.
    if (response.closed) setImmediate(settle);
    else response.once('close', () => setImmediate(settle));
  }

  #plan(calls: readonly V1PricedCall[]): void {
    if (this.#account === undefined || this.#keys.length > 0) return;
    this.#keys = planCalls(calls, this.#account, this.generation.models);
  }

  /** What a call of the request says of the room that is held for it. */
  plannedCall(index = 0): Pick<ModelCall, 'planned'> {
    const key = this.#keys[index];
    return key === undefined ? {} : { planned: [key] };
  }

  /** Several calls at once; one that fails ends the others. Undefined: they are priced only. */
  async completeAll(calls: readonly ModelCall[]): Promise<readonly Completion[] | undefined> {
    const { models } = this.generation;
    const priced = onDemand(() => calls.map(pricedCall));
    if (await this.isPricedOnly(priced)) return undefined;
    if (calls.length > 1) this.#plan(priced());
    const ended = new AbortController();
    const signal = AbortSignal.any([abortSignalOf(this.#life.signal), ended.signal]);
    try {
      return await Promise.all(
        calls.map((call, index) => models.complete({ ...call, signal, ...this.plannedCall(index) })),
      );
    } finally {
      ended.abort(new GatewayError('CLIENT_CLOSED_REQUEST'));
      this.#account?.close();
    }
  }

  async complete(call: ModelCall, write: (answer: Completion) => string): Promise<void> {
    if (await this.isPricedOnly(() => [pricedCall(call)])) return;
    this.#wireFields = call.request.wire?.unmapped ?? [];
    const answer = await this.generation.models.complete({ ...call, ...this.plannedCall() });
    this.answer(answer, answer.wire ?? write(answer));
  }

  /**
   * Sends a stream. Until the first event has gone out, a failure is an answer of its own: it is thrown. After it, it
   * is the wire's error event, and the wire's terminal event never follows.
   */
  async stream(call: ModelCall, form: StreamForm): Promise<void> {
    if (await this.isPricedOnly(() => [pricedCall(call)])) return;
    this.#wireFields = call.request.wire?.unmapped ?? [];
    const hooks = this.#responseHooks;
    const events = new EventStream(this.#reply, {
      heartbeat: form.heartbeat,
      signal: this.#life.signal,
      changeHead: hooks === undefined ? undefined : (head) => hooks.changeHead(head),
    });
    const fail = (error: GatewayError): void => {
      if (!events.begun) {
        events.abandon();
        throw error;
      }
      this.#event?.addError(error.code);
      events.write(form.failed(error));
      events.end({});
    };
    try {
      for await (const part of this.generation.models.stream({ ...call, ...this.plannedCall() })) {
        switch (part.type) {
          case 'start':
            this.#noteCache(part.cache);
            if (events.begun) break; // a heartbeat went out before a model answered
            setAnswerHeaders(events, part);
            if (hooks !== undefined) await events.settleHead();
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
      return noSuchModel(offeredModels(this.generation, this.#principal), this.#alias, reason);
    }
    const fields = this.#wireFields;
    if (fields.length === 0 || reason.code !== 'AI_REQUEST_UNSUPPORTED') return reason;
    // The client's own words, as far as they can be a field's name.
    const names = fields.slice(0, 10).map((name) => `\`${name.replace(/[^\w.[\] ()-]/g, '').slice(0, 64)}\``);
    const message = `No model of this name takes ${names.join(', ')}.`;
    return new InvalidField(message, fields[0], 'AI_REQUEST_UNSUPPORTED', reason);
  }
}

function pricedCall({ alias, caller, prompt, request }: ModelCall): V1PricedCall {
  const { maxOutputTokens } = request;
  const inputTokens = estimateInputTokens(request);
  return { alias, caller, prompt, inputTokens, maxOutputTokens, choices: choicesOf(request) };
}
