import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { readTextFile } from '../lib/index.ts';
import type { ServingRuntime } from '../runtime/index.ts';
import { pageHeaders } from './edge/page-headers.ts';
import { type LandingPageContent, loadLandingPage } from './landing/landing-page.ts';
import { addTrustedRoute, trustedPath } from './trusted-route.ts';

/** Sends the page; also where a browser opens the GraphQL endpoint, or the path of a contract. */
export type SendPage = (reply: FastifyReply, path?: string) => Promise<FastifyReply>;

/** `/`: GraphiQL from this machine's own files, with the operations of server.example_operations in its tabs. */
export async function addLandingRoutes(app: FastifyInstance, gateway: ServingRuntime): Promise<SendPage> {
  const landing = loadLandingPage();
  if (landing.available) {
    const { default: staticFiles } = await import('@fastify/static');
    await app.register(staticFiles, {
      root: landing.assetsFolder,
      prefix: '/landing/',
      index: false,
      immutable: true,
      maxAge: '1y',
      serveDotFiles: false,
      setHeaders: (reply) => void reply.header('cross-origin-resource-policy', 'same-origin'),
      allowedPath: (path) => path !== '/index.html', // the page is rendered at / only
    });
  }
  const sendPage: SendPage = async (reply, path) => {
    const { current } = gateway.generations;
    const { graphqlPath, exampleOperationsFolder } = current?.config.server ?? {};
    const isTrusting = current?.persisted?.trusted !== undefined;
    const operations = exampleOperationsFolder === undefined ? [] : await readOperations(exampleOperationsFolder);
    return reply
      .header('content-type', 'text/html; charset=utf-8')
      .headers(pageHeaders(reply.request.raw, landing.contentSecurityPolicy))
      .header('cache-control', 'no-cache')
      .send(
        landing.render({
          graphqlPath: path ?? graphqlPath ?? '/graphql',
          ...(isTrusting ? { trustedPath } : {}),
          operations,
        }),
      );
  };
  addTrustedRoute(app, gateway);
  app.get('/', async (_request, reply) => sendPage(reply));
  return sendPage;
}

/**
 * Every .graphql file, in the order of their names; the name without its number is the title. What `NAME.headers.jsonc` beside
 * it holds is shown among the headers of its tab.
 */
async function readOperations(folder: string): Promise<LandingPageContent['operations']> {
  const files: readonly string[] = await readdir(folder).catch(() => []);
  const headersOf = async (file: string): Promise<{ readonly headers?: string }> => {
    const headersFile = file.replace(/\.graphql$/, '.headers.jsonc');
    return files.includes(headersFile) ? { headers: await readTextFile(join(folder, headersFile)) } : {};
  };
  const documents = files.filter((file) => file.endsWith('.graphql')).sort();
  return Promise.all(
    documents.map(async (file) => ({
      title: file
        .replace(/^\d+-/, '')
        .replace(/\.graphql$/, '')
        .replaceAll('-', ' '),
      query: await readTextFile(join(folder, file)),
      ...(await headersOf(file)),
    })),
  );
}
