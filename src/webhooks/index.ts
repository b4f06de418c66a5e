export { AlertWebhook, type AlertWebhookOptions } from './alert-webhook.ts';
