export { listenAddresses, listenAt } from './listen-addresses.ts';
export { createHttpServer, type HttpServer, type HttpServerOptions, type ListenOptions } from './server.ts';
