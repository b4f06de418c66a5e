/** The headers of a message in the form of Standard Webhooks 1.0: receivers verify them with any library of it. */
import { createHmac } from 'node:crypto';

export interface WebhookMessage {
  /** The same for every attempt: a receiver that has it already ignores the message. */
  readonly id: string;
  readonly body: string;
  /** Of this attempt, in milliseconds since 1970: receivers refuse old ones. */
  readonly sentAt: number;
}

/** @param secret in base64 */
export function signWebhook({ id, body, sentAt }: WebhookMessage, secret: string): Readonly<Record<string, string>> {
  const timestamp = String(Math.floor(sentAt / 1_000));
  const key = Buffer.from(secret, 'base64');
  const signature = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64');
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': `v1,${signature}` };
}
