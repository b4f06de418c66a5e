import type { TestAnswer, TestGateway } from './test-gateway.ts';

type Send = (gateway: TestGateway, query: string, headers?: Record<string, string>) => Promise<TestAnswer>;

async function answerOf(response: Response): Promise<TestAnswer> {
  return { status: response.status, headers: response.headers, ...((await response.json()) as object) };
}

const accept = 'application/graphql-response+json';
const json = { 'content-type': 'application/json', accept };

/** Every way in: on a socket without Fastify and through it, by GET, and in this process. */
export const waysIn: readonly (readonly [string, Send])[] = [
  [
    'POST',
    async (gateway, query, headers) =>
      answerOf(
        await fetch(gateway.url, { method: 'POST', headers: { ...json, ...headers }, body: JSON.stringify({ query }) }),
      ),
  ],
  [
    'POST in chunks',
    async (gateway, query, headers) =>
      answerOf(
        await fetch(gateway.url, {
          method: 'POST',
          headers: { ...json, ...headers },
          body: new Blob([JSON.stringify({ query })]).stream(),
          duplex: 'half',
        } as RequestInit),
      ),
  ],
  [
    'GET',
    async (gateway, query, headers) =>
      answerOf(await fetch(`${gateway.url}?query=${encodeURIComponent(query)}`, { headers: { accept, ...headers } })),
  ],
  [
    'the process itself',
    async ({ gateway }, query, headers) =>
      answerOf(
        await gateway.fetch(
          new Request('http://graph/graphql', {
            method: 'POST',
            headers: { ...json, ...headers },
            body: JSON.stringify({ query }),
          }),
        ),
      ),
  ],
];
