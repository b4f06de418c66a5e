/** The subgraph that bench/transport.ts asks, in a process of its own: a fixed small answer, and a fixed large one. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

const small = '{"data":{"a":1}}';
const large = JSON.stringify({
  data: { list: Array.from({ length: 300 }, (_, index) => ({ id: `p${index}`, name: `name ${index}`, value: index })) },
});

const server = createServer((request, response) => {
  request.resume().once('end', () => {
    const body = request.url === '/large' ? large : small;
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length }).end(body);
  });
});
server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));
process.once('disconnect', () => process.exit());
