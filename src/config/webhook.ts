/** Where messages are sent, signed: `ai.budget_alerts`, `alerts.webhook` and `registry.webhook`. */
import { z } from 'zod';
import { parseDuration } from './units.ts';
import { durationOr, httpUrl } from './values.ts';

/** The secrets of Standard Webhooks: a prefix, and 24 to 64 bytes in base64. */
const secretPrefix = 'whsec_';

/** @param messages what is sent */
export const webhookYaml = (messages: 'alerts' | 'changes') =>
  z
    .strictObject({
      url: httpUrl
        .refine((text) => !hasCredentials(text), `a URL has no user and password here: ${messages} are signed`)
        .describe(`Where ${messages} are sent by POST, as JSON.`),
      secret: z
        .string()
        .refine(
          isSecret,
          'write whsec_ and 24 to 64 random bytes in base64, such as: echo "whsec_$(openssl rand -base64 32)"',
        )
        .describe(
          `What ${messages} are signed with, in the form of Standard Webhooks: \`whsec_\` and 24 to 64 bytes in base64.`,
        ),
      timeout: durationOr(
        '5s',
        `How long one attempt to send ${messages === 'alerts' ? 'an alert' : 'a change'} may take.`,
      ),
    })
    .optional();

export interface WebhookConfig {
  readonly url: string;
  /** The bytes that it stands for, in base64. */
  readonly secret: string;
  readonly timeoutMs: number;
}

export function resolveWebhook(yaml: z.output<ReturnType<typeof webhookYaml>>): WebhookConfig | undefined {
  if (yaml === undefined) return undefined;
  const { url, secret, timeout } = yaml;
  return { url, secret: secret.slice(secretPrefix.length), timeoutMs: parseDuration(timeout) ?? 0 };
}

function hasCredentials(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { username, password } = new URL(text);
  return username !== '' || password !== '';
}

function isSecret(text: string): boolean {
  if (!text.startsWith(secretPrefix)) return false;
  const base64 = text.slice(secretPrefix.length);
  const { length } = Buffer.from(base64, 'base64');
  return /^[A-Za-z0-9+/]+={0,2}$/.test(base64) && length >= 24 && length <= 64;
}
