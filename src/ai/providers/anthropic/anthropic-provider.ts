/**
 * Anthropic, and every endpoint of its messages wire. Requests and answers are converted by the wire itself
 * (ai/wires/anthropic-messages) and sent over this provider's own connections; no package of Anthropic's is loaded.
 *
 * A request is mapped completely or refused. The host and the key come from the configuration; neither is ever taken
 * from a request or from the environment. Every failure is a `ProviderFailure` without any credential. If the provider
 * reports no usage it is estimated.
 */
import type { HttpClient } from '../../../config/index.ts';
import { adaptationOf, claudeFactsOf } from '../../fitting/index.ts';
import {
  deadlinePassed,
  type ModelProvider,
  type ModelRequest,
  type ProviderCall,
  ProviderFailure,
  type UnsupportedPolicy,
} from '../../model-call/index.ts';
import { estimateUsage } from '../../tokens/index.ts';
import {
  type MessageContext,
  MessageStreamReader,
  messageFailure,
  messagesOutput,
  readMessage,
  writeMessagesRequest,
} from '../../wires/anthropic-messages/index.ts';
import { lostFields, requestIdOf } from '../../wires/shared/index.ts';
import { createHttpPool, type HttpExchange, providerStream } from '../http/index.ts';
import { anthropicEndpoint } from './anthropic-endpoint.ts';
import { fitForAnthropic } from './fit-anthropic.ts';

export interface AnthropicProviderOptions {
  /** The provider's name in `ai.providers`. */
  readonly name: string;
  /** Empty if the settings contain credentials (`authToken`), or none are needed. */
  readonly keys: readonly string[];
  /** The base URL of `/messages`. @default https://api.anthropic.com/v1 */
  readonly baseUrl?: string | undefined;
  /** `headers` and `authToken`. @default none */
  readonly settings?: Readonly<Record<string, unknown>>;
  /** The policy for fields that a target does not support. @default 'refuse' */
  readonly unsupported?: UnsupportedPolicy;
  /** What sends the requests. @default 'lean' */
  readonly client?: HttpClient | undefined;
  /** The bound of an answer's body in bytes. @default 10_000_000 */
  readonly maxBytes?: number;
}

export function createAnthropicProvider(options: AnthropicProviderOptions): ModelProvider {
  const { name, keys, settings = {}, maxBytes = 10_000_000, unsupported = 'refuse' } = options;
  const endpoint = anthropicEndpoint(options.baseUrl ?? 'https://api.anthropic.com/v1', keys, settings);
  const { secrets } = endpoint;
  const pool = createHttpPool({ client: options.client });

  function begin(
    model: string,
    request: ModelRequest,
    call: ProviderCall,
    streams: boolean,
  ): { readonly exchange: HttpExchange; readonly context: MessageContext } {
    const lost = request.wire === undefined ? [] : lostFields(request.wire);
    if (lost.length > 0) throw new ProviderFailure({ kind: 'unsupported', detail: lost.join(', ') });
    const adaptation = adaptationOf(request, unsupported, call);
    const fitted = fitForAnthropic(model, request, adaptation);
    const output = messagesOutput(fitted.request, call.structured, claudeFactsOf(model).structuredOutput);
    const { body, betas } = writeMessagesRequest(model, fitted.request, fitted.settings, output, streams);
    const exchange = pool.send(
      {
        method: 'POST',
        url: endpoint.url,
        headers: endpoint.headers(keys[call.key], betas),
        body: JSON.stringify(body),
        maxBytes,
      },
      call,
    );
    return { exchange, context: { request, reading: output.reading, secrets } };
  }

  return {
    name,
    keys: Math.max(1, keys.length),
    server: endpoint.url.host,
    announcesSends: true,
    async complete(model, request, call) {
      const { exchange, context } = begin(model, request, call, false);
      const text = await wholeText(exchange, request);
      const { status, headers } = exchange;
      if (status < 200 || status >= 300) throw messageFailure({ status, headers, body: text }, secrets);
      const requestId = requestIdOf(headers);
      try {
        const answer = readMessage(text, context);
        return requestId === undefined ? answer : { ...answer, requestId };
      } catch (error) {
        if (!(error instanceof ProviderFailure) || requestId === undefined) throw error;
        throw error.with({ requestId });
      }
    },
    stream: (model, request, call) =>
      providerStream(
        async () => {
          call.signal.throwIfAborted();
          const { exchange, context } = begin(model, request, call, true);
          return { exchange, reader: new MessageStreamReader(context) };
        },
        {
          signal: call.signal,
          keys: secrets,
          maxEventLength: maxBytes,
          framing: 'strict',
          readFailure: messageFailure,
          usageWithoutAnswer: () => estimateUsage(request, ''),
        },
      ),
    async embed(_model, _request, call) {
      call.signal.throwIfAborted();
      if (call.deadline.passed) throw deadlinePassed();
      throw new ProviderFailure({ kind: 'unsupported', detail: 'Anthropic has no models for embeddings' });
    },
    close: () => pool.close(),
  };
}

/** A request that was sent and timed out may be billed all the same. */
async function wholeText(exchange: HttpExchange, request: ModelRequest): Promise<string> {
  try {
    return await exchange.text();
  } catch (error) {
    if (!(error instanceof ProviderFailure)) throw error;
    const isAnswered = exchange.status >= 200 && exchange.status < 300;
    if (error.kind !== 'timeout' && !isAnswered) throw error;
    throw error.with({ usage: estimateUsage(request, ''), ...requestIdIn(exchange) });
  }
}

function requestIdIn({ headers }: HttpExchange): { readonly requestId?: string } {
  const requestId = requestIdOf(headers);
  return requestId === undefined ? {} : { requestId };
}
