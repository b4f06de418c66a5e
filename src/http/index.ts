export { createHttpServer, type HttpServer, type HttpServerOptions, type ListenOptions } from './server.ts';
