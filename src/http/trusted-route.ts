/**
 * `POST /landing/trusted`: which of the documents that the landing page has in its tabs are trusted ones. It says of a text that its
 * sender has what sending it would say, and lists none. Bounded; 404 where there are no trusted documents.
 */
import type { FastifyInstance } from 'fastify';
import { GatewayError } from '../errors/index.ts';
import { clientNameOf } from '../limits/index.ts';
import type { ServingRuntime } from '../runtime/index.ts';

export const trustedPath = '/landing/trusted';

const maxBodyBytes = 1_000_000;
const maxDocuments = 100;
/** Of a text that is compared by its tokens. */
const longestText = 100_000;

export function addTrustedRoute(app: FastifyInstance, gateway: ServingRuntime): void {
  app.post(trustedPath, { bodyLimit: maxBodyBytes }, async (request, reply) => {
    const trusted = gateway.generations.current?.persisted?.trusted;
    if (trusted === undefined) throw new GatewayError('NOT_FOUND');
    const documents = documentsIn(request.body);
    const clientName = clientNameOf({ clientHeaders: request.headers });
    const answers = documents.map((text) => text.length <= longestText && trusted.admits(text, clientName));
    return reply.header('cache-control', 'no-store').send({ trusted: answers });
  });
}

/** @throws GatewayError `BAD_REQUEST` */
function documentsIn(body: unknown): readonly string[] {
  try {
    const { documents } = JSON.parse(String(body)) as { readonly documents?: unknown };
    if (isTexts(documents) && documents.length <= maxDocuments) return documents;
  } catch {
    // It is refused like other bodies.
  }
  throw new GatewayError('BAD_REQUEST', { message: `Send {"documents": […]} with ${maxDocuments} texts at the most.` });
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((text) => typeof text === 'string');
}
