export { type BodyWatch, type BoundedFetch, boundedFetch, responseHeaders, responseOf } from './bounded-fetch.ts';
export { HttpExchange } from './http-exchange.ts';
export { createHttpPool, type HttpMessage } from './http-pool.ts';
export { providerStream } from './provider-stream.ts';
export { secretsIn } from './secrets-in.ts';
