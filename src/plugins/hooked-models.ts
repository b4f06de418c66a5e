import type { ModelCall, ModelClient, ModelStreamPart } from '../ai/models/index.ts';
import { GatewayError } from '../errors/index.ts';
import { abortSignalOf } from '../lib/index.ts';
import { callPlugin, type Hook, type Hooks } from './compile-hooks.ts';
import type { ModelCallEvent, ModelCallSummary, Plugin } from './plugin.ts';

type ModelHooks = readonly Hook<NonNullable<Plugin['onModelCall']>>[];
type Bounds = Pick<ModelCall, 'alias' | 'prompt' | 'requestId' | 'signal'>;
type HookedRequest = ModelCallEvent['request'];

/**
 * A model client whose calls pass the plugins; the client itself where no plugin has the hook.
 * @param judge the alias that judges texts where a call names none
 */
export function withModelHooks(client: ModelClient, hooks: Hooks | undefined, judge: string | undefined): ModelClient {
  const { onModelCall } = hooks ?? {};
  if (hooks === undefined || onModelCall === undefined) return client;
  const begin = <Request extends HookedRequest>(
    call: Bounds & { readonly request: Request },
    kind: ModelCallEvent['kind'],
  ) => beginCall<Request>(hooks, onModelCall, call, kind);
  const { moderate, describe } = client;

  return {
    async complete(call) {
      const { request, finish } = await begin(call, 'complete');
      return finish(client.complete({ ...call, request }));
    },
    async embed(call) {
      const { request, finish } = await begin(call, 'embed');
      return finish(client.embed({ ...call, request }));
    },
    async *stream(call): AsyncIterable<ModelStreamPart> {
      const { request, report } = await begin(call, 'stream');
      let isReported = false;
      try {
        for await (const part of client.stream({ ...call, request })) {
          if (part.type === 'end') await report(answered(part.answer));
          else if (part.type === 'failed') await report({ kind: 'failed', code: part.error.code });
          isReported ||= part.type === 'end' || part.type === 'failed';
          yield part;
        }
      } finally {
        if (!isReported) await report({ kind: 'failed', code: 'CLIENT_CLOSED_REQUEST' });
      }
    },
    ...(moderate === undefined
      ? {}
      : {
          async moderate({ texts, ...call }) {
            const alias = call.alias ?? judge;
            // Without a model there is no call; the client has the words for that.
            if (alias === undefined) return moderate.call(client, { ...call, texts });
            const { request, finish } = await begin({ ...call, alias, request: { texts } }, 'moderate');
            return finish(moderate.call(client, { ...call, alias, ...request }));
          },
        }),
    ...(client.priceOf === undefined ? {} : { priceOf: (call) => client.priceOf?.(call) }),
    has: (alias) => client.has(alias),
    list: () => client.list(),
    ...(describe === undefined ? {} : { describe: () => describe.call(client) }),
    close: () => client.close(),
  };
}

async function beginCall<Request extends HookedRequest>(
  { log }: Hooks,
  hooks: ModelHooks,
  { alias, prompt, requestId, signal, request }: Bounds & { readonly request: Request },
  kind: ModelCallEvent['kind'],
) {
  const event = { requestId, signal: abortSignalOf(signal), alias, prompt, kind, request } as unknown as ModelCallEvent;
  const finishes: { plugin: string; call: (summary: ModelCallSummary) => unknown }[] = [];
  for (const { plugin, call } of hooks) {
    const result = await callPlugin({ plugin, log, requestId, signal }, () => call(event));
    if (result !== undefined) finishes.push({ plugin, call: result });
  }
  /** The call has ended: what a plugin makes of it is logged where it fails, and changes nothing. */
  const report = async (summary: ModelCallSummary): Promise<void> => {
    for (const { plugin, call } of finishes.reverse()) {
      await callPlugin({ plugin, log, requestId }, () => call(summary) as undefined).catch(() => {});
    }
  };
  return {
    request: event.request as Request,
    report,
    async finish<Ended extends Parameters<typeof answered>[0]>(ending: Promise<Ended>): Promise<Ended> {
      try {
        const ended = await ending;
        await report(answered(ended));
        return ended;
      } catch (error) {
        await report({ kind: 'failed', code: error instanceof GatewayError ? error.code : 'CLIENT_CLOSED_REQUEST' });
        throw error;
      }
    },
  };
}

function answered(ended: Omit<Extract<ModelCallSummary, { kind: 'answered' }>, 'kind'>): ModelCallSummary {
  const { model, usage, costNanoUsd, cache } = ended;
  return { kind: 'answered', model, usage, costNanoUsd, cache };
}
