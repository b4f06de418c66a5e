/** A receiver of webhooks on a real socket, which verifies them as Standard Webhooks says: written from the specification. */
import { createHmac } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface ReceivedWebhook {
  readonly id: string;
  readonly isValid: boolean;
  readonly contentType: string | undefined;
  readonly body: unknown;
}

export interface WebhookReceiver extends AsyncDisposable {
  readonly url: string;
  readonly received: readonly ReceivedWebhook[];
  /** Statuses of the next answers, before 204; 0 breaks the connection. */
  readonly script: number[];
}

const secretBytes = Buffer.from('0123456789abcdef0123456789abcdef');

export const webhookSecret = `whsec_${secretBytes.toString('base64')}`;

export async function startWebhookReceiver(): Promise<WebhookReceiver> {
  const received: ReceivedWebhook[] = [];
  const script: number[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks).toString();
    const header = (name: string): string => String(request.headers[`webhook-${name}`]);
    const [id, timestamp] = [header('id'), header('timestamp')];
    const signature = createHmac('sha256', secretBytes).update(`${id}.${timestamp}.${body}`).digest('base64');
    const isRecent = Math.abs(Date.now() / 1_000 - Number(timestamp)) < 60;
    received.push({
      id,
      isValid: request.method === 'POST' && isRecent && header('signature') === `v1,${signature}`,
      contentType: request.headers['content-type'],
      body: JSON.parse(body),
    });
    const status = script.shift() ?? 204;
    if (status === 0) request.socket.destroy();
    else response.writeHead(status, status === 302 ? { location: '/elsewhere' } : {}).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/alerts?token=t0p`,
    received,
    script,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
