/** Requests over TLS, on connections that a test has in its hand. */
import { once } from 'node:events';
import { Agent, request } from 'node:https';
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls';

export interface HttpsAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  // biome-ignore lint/suspicious/noExplicitAny: a test reads the fields that it selected
  readonly body: any;
  /** Of the certificate that the server proved itself with. */
  readonly serial: string;
}

export interface HttpsRequest {
  readonly path?: string;
  readonly method?: 'GET' | 'POST';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** One connection at a time, kept alive. */
export class HttpsClient {
  readonly #agent: Agent;
  readonly #url: string;

  constructor(url: string, options: ConnectionOptions) {
    this.#url = url;
    this.#agent = new Agent({ ...options, keepAlive: true, maxSockets: 1 });
  }

  send({ path = '/graphql', method = 'POST', headers = {}, body }: HttpsRequest = {}): Promise<HttpsAnswer> {
    const type = method === 'POST' ? { 'content-type': 'application/json' } : {};
    return new Promise((resolve, reject) => {
      const options = { method, agent: this.#agent, headers: { ...type, ...headers } };
      const sent = request(new URL(path, this.#url), options, async (response) => {
        try {
          const serial = (response.socket as TLSSocket).getPeerCertificate().serialNumber ?? '';
          let text = '';
          for await (const chunk of response) text += String(chunk);
          const isJson = response.headers['content-type']?.includes('json') ?? false;
          const { statusCode = 0 } = response;
          resolve({ status: statusCode, headers: response.headers, body: isJson ? JSON.parse(text) : text, serial });
        } catch (error) {
          reject(error);
        }
      });
      sent.on('error', reject);
      sent.end(method === 'POST' ? (body ?? JSON.stringify({ query: '{ __typename }' })) : undefined);
    });
  }

  query(query: string, headers: Readonly<Record<string, string>> = {}): Promise<HttpsAnswer> {
    return this.send({ body: JSON.stringify({ query }), headers });
  }

  close(): void {
    this.#agent.destroy();
  }
}

/** The bare connection, once it is secured. */
export async function connectTls(url: string, options: ConnectionOptions): Promise<TLSSocket> {
  const { hostname: host, port } = new URL(url);
  const socket = connect({ host, port: Number(port), ...options });
  await once(socket, 'secureConnect');
  return socket;
}
