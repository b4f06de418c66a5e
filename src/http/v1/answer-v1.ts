/**
 * The life of a request of /v1, the same on every route: `RequestLife` leases the generation and bounds all that follows,
 * then the plugins' `onRequest`, who is asking, the route, whatever it throws in its wire's form, and the plugins' `onResponse`.
 */
import type { IncomingHttpHeaders } from 'node:http';
import type { Principal } from '../../access/index.ts';
import { untilAborted } from '../../lib/index.ts';
import type { RequestCharges } from '../../limits/index.ts';
import type { Logger } from '../../observability/index.ts';
import { type Hooks, runRequestHooks } from '../../plugins/index.ts';
import { callerFactsOf } from '../edge/caller-facts.ts';
import type { ClientReply } from '../request/client-reply.ts';
import type { ClientRequest } from '../request/client-request.ts';
import { jsonType } from '../request/coded-answer.ts';
import { answerCharged, identifyCharged, openCharges } from '../request/identify-charged.ts';
import { eventOf } from '../request/request-event.ts';
import { RequestLife } from '../request/request-life.ts';
import { wireErrorFormOf, writeRefusal } from './refuse-v1.ts';
import { ResponseHooks } from './response-hooks.ts';
import type { V1Generation, V1Generations } from './v1-generation.ts';

/** One request on its way through a route. */
export interface V1Request {
  readonly life: RequestLife<V1Generation>;
  readonly principal: Principal;
  /** As the plugins left them. */
  readonly headers: IncomingHttpHeaders;
  readonly body: unknown;
  /** Undefined where no plugin has `onResponse`. */
  readonly responseHooks: ResponseHooks | undefined;
  /** Undefined where nothing is limited by rates. */
  readonly charges: RequestCharges | undefined;
}

/** The text to send with the reply's status and headers; undefined where the route has sent a stream. */
type Respond = (request: V1Request) => Promise<string | undefined> | string | undefined;

/**
 * The model client ends a call at its deadline, and records it as such; what waits after that, for a client that does not
 * read, is aborted so much later.
 */
const graceMs = 50;

export async function answerV1(
  generations: V1Generations,
  request: ClientRequest,
  reply: ClientReply,
  log: Logger,
  respond: Respond,
): Promise<unknown> {
  let life: RequestLife<V1Generation> | undefined;
  let responseHooks: ResponseHooks | undefined;
  const refuse = (error: unknown): string =>
    writeRefusal(life === undefined ? error : life.reasonOf(error), request, reply, log);
  try {
    let body: string | undefined;
    try {
      life = new RequestLife({ generations, request, response: reply.raw, timeoutMs, graceMs });
      const event = eventOf(request);
      if (event !== undefined) event.generation = life.generation.id;
      const { hooks } = life.generation;
      if (hooks === undefined) {
        const { headers } = request;
        body = await identifyAndRespond({ life, headers, body: request.body, responseHooks }, request, respond);
      } else {
        const values = new Map<string, unknown>();
        if (hooks.onResponse !== undefined)
          responseHooks = new ResponseHooks(hooks, { request, reply, values, signal: life.signal });
        body = await respondThroughPlugins(hooks, { life, request, reply, values, responseHooks }, respond);
      }
    } catch (error) {
      body = refuse(error);
    }
    if (body === undefined) return reply;
    if (responseHooks !== undefined) {
      try {
        body = await responseHooks.changeAnswer(body);
      } catch (error) {
        body = refuse(error);
      }
    }
    return reply.send(body);
  } finally {
    eventOf(request)?.operations[0]?.end(performance.now());
    life?.end();
  }
}

function timeoutMs({ config }: V1Generation): number {
  return config.ai.callTimeoutMs;
}

interface PluginsTurn extends Pick<V1Request, 'life' | 'responseHooks'> {
  readonly request: ClientRequest;
  readonly reply: ClientReply;
  readonly values: Map<string, unknown>;
}

async function respondThroughPlugins(
  hooks: Hooks,
  { life, request, reply, values, responseHooks }: PluginsTurn,
  respond: Respond,
): Promise<string | undefined> {
  const hooked = await runRequestHooks(hooks, request, values, life.signal);
  if (hooked.kind === 'continue') {
    const { headers, body } = hooked;
    return identifyAndRespond({ life, headers, body, responseHooks }, request, respond);
  }
  const { status, headers = { 'content-type': jsonType }, body = '' } = hooked.answer;
  reply.code(status);
  for (const [name, value] of Object.entries(headers)) reply.header(name, value);
  return body;
}

function identifyAndRespond(
  request: Omit<V1Request, 'principal' | 'charges'>,
  client: ClientRequest,
  respond: Respond,
): ReturnType<Respond> {
  const { life, headers } = request;
  const { rates, authenticator } = life.generation;
  const respondTo = (principal: Principal, charges?: RequestCharges): ReturnType<Respond> => {
    const event = eventOf(client);
    if (event !== undefined) event.principal = principal;
    return respond({ ...request, principal, charges });
  };
  // What is only read of the configuration is free.
  if (rates !== undefined && client.method === 'POST') {
    const charges = openCharges(rates, life, client, headers, wireErrorFormOf(client.url));
    return answerCharged(charges, async () => {
      const identified = identifyCharged(charges, life, client, headers);
      const principal = identified instanceof Promise ? await untilAborted(identified, life.signal) : identified;
      return respondTo(principal, charges);
    });
  }
  const identified = authenticator.identify(callerFactsOf(client, headers));
  if (!(identified instanceof Promise)) return respondTo(identified);
  return untilAborted(identified, life.signal).then((principal) => respondTo(principal));
}
