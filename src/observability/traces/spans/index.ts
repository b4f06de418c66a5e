export { requestSpans } from './request-spans.ts';
export { spanOrigin } from './span-origin.ts';
export { SpanQueue } from './span-queue.ts';
