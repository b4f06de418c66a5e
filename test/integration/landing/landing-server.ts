import fastifyStatic from '@fastify/static';
import Fastify from 'fastify';
import { buildSchema, graphql } from 'graphql';
import { pageHeaders } from '../../../src/http/edge/page-headers.ts';
import { type LandingPageContent, loadLandingPage } from '../../../src/http/landing/landing-page.ts';

const schema = buildSchema(`
  type Query { "The shop's products." products(first: Int = 10): [Product!]! me: User }
  type User { id: ID! name: String! }
  type Product { id: ID! name: String! reviewSummary: String }
`);
const products = [
  { id: 'p1', name: 'Walnut desk lamp', reviewSummary: 'Buyers praise the warm light; two found the cord short.' },
  { id: 'p2', name: 'Travel kettle', reviewSummary: 'Quick and light. The lid is stiff at first.' },
];
const rootValue = {
  products: ({ first }: { first: number }) => products.slice(0, first),
  me: { id: 'u1', name: 'Ada' },
};

/** A gateway as far as the landing page can see it: the page, its files, and an endpoint that answers by POST. */
export async function startLandingServer(content: LandingPageContent) {
  const landing = loadLandingPage();
  const server = Fastify();
  await server.register(fastifyStatic, { root: landing.assetsFolder, prefix: '/landing/', index: false });
  server.get('/', (_request, reply) =>
    reply
      .headers(pageHeaders(reply.request.raw, landing.contentSecurityPolicy))
      .type('text/html; charset=utf-8')
      .send(landing.render(content)),
  );
  server.post<{ Body: { query: string; operationName?: string; variables?: Record<string, unknown> } }>(
    content.graphqlPath,
    ({ body }) =>
      graphql({
        schema,
        rootValue,
        source: body.query,
        operationName: body.operationName ?? null,
        variableValues: body.variables ?? null,
      }),
  );
  const { trustedPath } = content;
  if (trustedPath !== undefined)
    server.post<{ Body: { documents: readonly string[] } }>(trustedPath, ({ body }) => ({
      trusted: body.documents.map((text) => text.includes('query Me')),
    }));
  const origin = await server.listen({ host: '127.0.0.1', port: 0 });
  return { origin, close: () => server.close() };
}
