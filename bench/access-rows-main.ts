/** The subgraph and the client of bench/access-rows.ts, in a process of their own: only the gateway's CPU is counted. */

import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { answerParent } from './process/answer-parent.ts';

const entities = 5_000;

const server = createServer(async (request, response) => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const { query } = JSON.parse(Buffer.concat(chunks).toString()) as { readonly query: string };
  const body = answerTo(query, decodeURIComponent(request.url ?? '').slice(1));
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length }).end(body);
});
const listening = once(server.listen(0, '127.0.0.1'), 'listening');

answerParent({
  async listen() {
    await listening;
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  },
  /** @returns the number of objects in the last answer */
  async query({ url, query, times }: { readonly url: string; readonly query: string; readonly times: number }) {
    let people: readonly unknown[] = [];
    for (let time = 0; time < times; time++) {
      const headers = { 'content-type': 'application/json' };
      const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify({ query }) });
      const { data } = (await response.json()) as { readonly data: { readonly people: readonly unknown[] } };
      people = data.people;
    }
    return people.length;
  },
});

const answers = new Map<string, Buffer>();

/**
 * The fields of the query, in its order.
 * @param unasked fields that are sent beside them
 */
function answerTo(query: string, unasked: string): Buffer {
  const selection = `${/people\{([^}]*)\}/.exec(query)?.[1]} ${unasked}`;
  let text = answers.get(selection);
  if (text === undefined) {
    const fields = [...selection.matchAll(/(?:(\w+):)?(\w+)/g)];
    const people = Array.from({ length: entities }, (_none, index) =>
      Object.fromEntries(fields.map(([, alias, name = '']) => [alias ?? name, fieldValue(name, index)])),
    );
    text = Buffer.from(JSON.stringify({ data: { people } }));
    answers.set(selection, text);
  }
  return text;
}

function fieldValue(name: string, index: number): unknown {
  if (name === 'tenant') return `t${index % 50 === 0 ? 2 : 1}`;
  return name === 'level' ? index % 10 : `${name} of person number ${index}`;
}
