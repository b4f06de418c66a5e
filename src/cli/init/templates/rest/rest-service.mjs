/** In place of a REST service of yours: `GET /objects` and `GET /objects/1`. */
import { createServer } from 'node:http';

const objects = [
  { id: '1', name: 'The first' },
  { id: '2', name: 'The second' },
];

/** Returns its URL, at a free port. */
export async function startRestService() {
  const server = createServer((request, response) => {
    const [, id] = /^\/objects(?:\/(.+))?$/.exec(request.url) ?? [];
    const body = id === undefined ? objects : objects.find((object) => object.id === decodeURIComponent(id));
    if (body === undefined) return response.writeHead(404).end();
    response.setHeader('content-type', 'application/json').end(JSON.stringify(body));
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${server.address().port}`;
}
