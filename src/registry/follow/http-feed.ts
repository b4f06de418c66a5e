/** The registry of another process, by its HTTP API: one request waits there until something changes. */

import { z } from 'zod';
import { formatGraphRef, type GraphRef } from '../../config/index.ts';
import { messageOf } from '../../errors/index.ts';
import { readBounded } from '../../lib/index.ts';
import { publishedGeneration, type Texts } from '../generation/index.ts';
import { type GenerationFeed, nameOfKnown, RegistryRefusal, type ServedGenerations } from './generation-feed.ts';

export interface HttpFeedOptions {
  /** The registry's admin listener, such as http://registry:4400. */
  readonly url: string;
  /** An API key with the scope admin:read; undefined where it asks for none. */
  readonly key: string | undefined;
  readonly ref: GraphRef;
}

/** How long a request waits there, and how much longer it may take. */
const waitSeconds = 25;
const patienceMs = 10_000;
/** 500 subgraphs with 100 kB of SDL each. */
const maxBytes = 64_000_000;
const hashesAtOnce = 200;

const signed = { generation: publishedGeneration, signature: z.string().max(200) };
const served = z.object({
  ...signed,
  canary: z
    .object({ ...signed, percent: z.number().gt(0).max(100), since: z.number(), durationMs: z.number() })
    .nullable()
    .transform((canary) => canary ?? undefined),
});
const texts = z.object({ texts: z.record(z.string(), z.string()) });

export function createHttpFeed({ url, key, ref }: HttpFeedOptions): GenerationFeed {
  const base = `${url.replace(/\/$/, '')}/registry/v1/graphs/${ref.graph}/${ref.variant}`;
  const headers = { accept: 'application/json', ...(key === undefined ? {} : { 'x-api-key': key }) };

  const ask = async (path: string, signal: AbortSignal, timeoutMs: number, body?: unknown): Promise<unknown> => {
    const request = body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) };
    const response = await fetch(`${base}/${path}`, {
      headers: { ...headers, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
      redirect: 'error',
      ...request,
    }).catch((error: unknown) => {
      // `fetch` says why in the cause of a TypeError.
      const reason = messageOf(error instanceof TypeError ? (error.cause ?? error) : error);
      throw new Error(`${url} cannot be reached: ${reason}; is registry.url the admin listener of a registry?`);
    });
    const bytes = await readBounded(response.body, maxBytes, () => new Error('the registry’s answer is too long'));
    if (response.status === 204) return undefined;
    // A proxy answers so for a registry that is starting.
    if (response.status >= 500) throw new Error(refusal(response.status, formatGraphRef(ref)));
    if (!response.ok) throw new RegistryRefusal(refusal(response.status, formatGraphRef(ref)));
    return JSON.parse(bytes.toString());
  };

  return {
    async next(known, signal) {
      const query = known === undefined ? '' : `?known=${nameOfKnown(known)}&wait=${waitSeconds}`;
      const answer = await ask(`served${query}`, signal, waitSeconds * 1_000 + patienceMs);
      return answer === undefined ? undefined : (served.parse(answer) satisfies ServedGenerations);
    },
    async texts(hashes, signal) {
      const byHash = new Map<string, string>();
      for (let from = 0; from < hashes.length; from += hashesAtOnce) {
        const some = hashes.slice(from, from + hashesAtOnce);
        const answer = texts.parse(await ask('texts', signal, patienceMs * 3, { hashes: some }));
        for (const hash of some) {
          const { [hash]: text } = answer.texts;
          if (text !== undefined) byHash.set(hash, text);
        }
      }
      return byHash satisfies Texts;
    },
    async endCanary(end, signal) {
      await ask('canary', signal, patienceMs, end);
    },
    async close() {},
  };
}

function refusal(status: number, graph: string): string {
  const answered = `the registry answered ${status} for ${graph}`;
  return status === 401 || status === 403
    ? `${answered}: registry.key has to be an API key of the registry with the scope admin:read, and registry:publish to end canaries`
    : answered;
}
