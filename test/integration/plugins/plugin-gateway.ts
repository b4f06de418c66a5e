import { Writable } from 'node:stream';
import { onTestFinished } from 'vitest';
import { createGateway, createLogger, type GatewayOptions, type Plugin } from '../../../src/index.ts';

const people = 'type Query { me: Person } type Person @key(fields: "id") { id: ID!  name: String }';

/** A gateway with these plugins, over one subgraph in code whose `me` is named by the header x-user. */
export async function createPluginGateway(plugins: readonly Plugin[], options: GatewayOptions = {}) {
  const lines: Record<string, unknown>[] = [];
  const destination = new Writable({
    write(chunk: Buffer, _encoding, done) {
      for (const line of String(chunk).split('\n')) if (line !== '') lines.push(JSON.parse(line));
      done();
    },
  });
  const subgraphs = {
    people: { sdl: people, execute: ({ context }: never) => ({ data: { me: { name: nameIn(context) } } }) },
  };
  const log = createLogger({ level: 'info', readable: false, destination });
  const gateway = await createGateway({ log, watch: false, subgraphs, plugins, ...options } as GatewayOptions);
  onTestFinished(() => gateway.close());
  const post = (path: string, body: unknown, headers: Record<string, string> = {}, signal?: AbortSignal) =>
    gateway.fetch(
      new Request(`http://graph${path}`, {
        method: 'POST',
        ...(signal === undefined ? {} : { signal }),
        headers: { 'content-type': 'application/json', accept: 'application/graphql-response+json', ...headers },
        body: JSON.stringify(body),
      }),
    );
  return {
    gateway,
    lines,
    post,
    get: (path: string) => gateway.fetch(new Request(`http://graph${path}`)),
    ask: (headers?: Record<string, string>) => post('/graphql', { query: '{ me { name } }' }, headers),
  };
}

function nameIn(context: { readonly headers: Readonly<Record<string, unknown>> }): string {
  return String(context.headers['x-user'] ?? 'nobody');
}
