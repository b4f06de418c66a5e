/** The floor: node:http in, undici out, bytes as they come. Nothing is read, kept or written about them. */
import { createServer } from 'node:http';
import { Pool } from 'undici';

const [upstreamUrl = '', port] = process.argv.slice(2);
const upstream = new Pool(upstreamUrl, { connections: 100, pipelining: 1 });

createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', async () => {
    try {
      const { statusCode, headers, body } = await upstream.request({
        method: 'POST',
        path: request.url ?? '/',
        headers: { 'content-type': 'application/json', authorization: 'Bearer bench' },
        body: chunks.length === 1 ? (chunks[0] ?? null) : Buffer.concat(chunks),
      });
      const type = String(headers['content-type']);
      if (type.startsWith('text/event-stream')) {
        response.writeHead(statusCode, { 'content-type': type });
        body.pipe(response);
        return;
      }
      const answer = Buffer.from(await body.arrayBuffer());
      response.writeHead(statusCode, { 'content-type': type, 'content-length': answer.length });
      response.end(answer);
    } catch (error) {
      response.writeHead(502).end(String(error));
    }
  });
}).listen(Number(port), '127.0.0.1');
