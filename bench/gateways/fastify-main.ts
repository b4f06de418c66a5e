/** Fastify that sends bytes it has: what a cached answer costs at least. Arguments: a JSON file of answers by body, a port. */
import { readFileSync } from 'node:fs';
import fastify from 'fastify';

const [answersFile = '', port] = process.argv.slice(2);
const answers = new Map(
  (JSON.parse(readFileSync(answersFile, 'utf8')) as readonly (readonly [string, string])[]).map(([body, answer]) => [
    (JSON.parse(body) as { readonly variables?: { readonly id?: string } }).variables?.id,
    Buffer.from(answer),
  ]),
);
const ready = Buffer.from('{"data":{"__typename":"Query"}}');

const app = fastify();
app.post('/graphql', (request, reply) => {
  const { variables } = request.body as { readonly variables?: { readonly id?: string } };
  reply.header('content-type', 'application/json; charset=utf-8').send(answers.get(variables?.id) ?? ready);
});
await app.listen({ port: Number(port), host: '127.0.0.1' });
