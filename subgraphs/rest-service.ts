/**
 * What the sample's REST services share: bounded queries, errors as problem documents (RFC 9457), entity tags
 * (RFC 9110, section 8.8.3), and the OpenAPI file at `/openapi.yaml`.
 */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { STATUS_CODES } from 'node:http';
import fastify, { type FastifyInstance, type FastifyReply } from 'fastify';
import type { ListenOptions, RunningService } from './listen.ts';

const openApiType = 'application/yaml';
const problemType = 'application/problem+json';

/** A wrong that the client reads as a problem document. */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly statusCode: 400 | 404;

  constructor(statusCode: 400 | 404, detail: string) {
    super(detail);
    this.statusCode = statusCode;
  }
}

export interface RestServiceOptions extends ListenOptions {
  /** The path of its openapi.yaml. */
  readonly openApiFile: string;
  readonly addRoutes: (app: FastifyInstance) => void;
}

/** @throws Error with `code` EADDRINUSE or EACCES where it cannot listen */
export async function startRestService(options: RestServiceOptions): Promise<RunningService> {
  const openApi = await readFile(options.openApiFile, 'utf8');
  const app = fastify({
    logger: false,
    bodyLimit: 1_024,
    requestTimeout: 10_000,
    forceCloseConnections: true,
    // Unknown query parameters are refused: a filter with a spelling mistake must not answer everything.
    ajv: { customOptions: { removeAdditional: false, coerceTypes: true } },
  });
  app.addHook('onSend', async (request, reply, payload) => {
    if (reply.statusCode !== 200 || typeof payload !== 'string') return payload;
    const tag = `"${createHash('sha256').update(payload).digest('base64url').slice(0, 22)}"`;
    reply.header('etag', tag).header('cache-control', 'no-cache');
    if (!matches(request.headers['if-none-match'], tag)) return payload;
    reply.code(304).removeHeader('content-type').removeHeader('content-length');
    return '';
  });
  app.setNotFoundHandler((request, reply) => sendProblem(reply, 404, 'There is nothing at this path.', request.url));
  app.setErrorHandler((error: Error & { statusCode?: number }, request, reply) => {
    const status = error.statusCode ?? 500;
    sendProblem(reply, status, status < 500 ? error.message : 'Something went wrong in the service.', request.url);
  });
  app.get('/openapi.yaml', async (_request, reply) => reply.type(openApiType).send(openApi));
  options.addRoutes(app);
  const url = await app.listen({ port: options.port, host: options.host ?? '127.0.0.1' });
  return { url, close: () => app.close() };
}

function sendProblem(reply: FastifyReply, status: number, detail: string, instance: string): void {
  const body = { type: 'about:blank', title: STATUS_CODES[status] ?? 'Error', status, detail, instance };
  // As bytes: to text Fastify adds a charset parameter, which JSON media types do not have (RFC 8259, section 11).
  reply
    .code(status)
    .header('content-type', problemType)
    .send(Buffer.from(JSON.stringify(body)));
}

/** Whether an If-None-Match header names this tag; weak and strong tags compare alike (RFC 9110, section 13.1.2). */
function matches(header: string | undefined, tag: string): boolean {
  if (header === undefined) return false;
  return header.split(',').some((one) => one.trim() === '*' || one.trim().replace(/^W\//, '') === tag);
}
