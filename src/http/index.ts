export { createHttpServer } from './create-http-server.ts';
export { listenAddresses, listenAt } from './listen-addresses.ts';
export type { HttpServer, HttpServerOptions, ListenOptions } from './server.ts';
