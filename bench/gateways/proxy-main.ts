/** node:http in, undici out, nothing read: what one hop costs at least. */
import { createServer } from 'node:http';
import { Pool } from 'undici';

const [upstreamPort, port] = process.argv.slice(2);
const upstream = new Pool(`http://127.0.0.1:${upstreamPort}`, { connections: 100, pipelining: 1 });

createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', async () => {
    try {
      const { statusCode, headers, body } = await upstream.request({
        method: 'POST',
        path: request.url ?? '/',
        headers: { 'content-type': 'application/json' },
        body: chunks.length === 1 ? (chunks[0] ?? null) : Buffer.concat(chunks),
      });
      const answer = Buffer.from(await body.arrayBuffer());
      response.writeHead(statusCode, {
        'content-type': String(headers['content-type']),
        'content-length': answer.length,
      });
      response.end(answer);
    } catch (error) {
      response.writeHead(502).end(String(error));
    }
  });
}).listen(Number(port), '127.0.0.1');
