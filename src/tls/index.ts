export { type ClientCredentials, type ClientTlsOptions, readClientCredentials } from './client-credentials.ts';
export { prepareServer } from './prepare-server.ts';
export { TlsFileError } from './read-tls-file.ts';
export { readServerCredentials } from './server-credentials.ts';
