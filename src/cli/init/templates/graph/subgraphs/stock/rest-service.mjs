/** In place of a REST service of yours: `GET /stock/p1` answers `{"pieces":3}`. */
import { createServer } from 'node:http';

const pieces = new Map([
  ['p1', 3],
  ['p2', 0],
  ['p3', 12],
]);

/** Returns its URL, at a free port. */
export async function startRestService() {
  const server = createServer((request, response) => {
    const id = decodeURIComponent(request.url.replace(/^\/stock\//, ''));
    if (!pieces.has(id)) return response.writeHead(404).end();
    response.setHeader('content-type', 'application/json').end(JSON.stringify({ pieces: pieces.get(id) }));
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${server.address().port}`;
}
