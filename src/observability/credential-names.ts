/** The names whose values never reach a log line, at its top and one and two levels below. */
export const credentialNames: ReadonlySet<string> = new Set([
  'authorization',
  'cookie',
  'set-cookie',
  'x-api-key',
  'api_key',
  'apiKey',
  'password',
  'token',
  'secret',
]);
