/**
 * A log line with the names of Elastic Common Schema (https://www.elastic.co/docs/reference/ecs): what it has a name for is under
 * that, everything else under `isthmus`. `@elastic/ecs-pino-format` would rename four fields of a line; these are all of them.
 */

type Fields = Readonly<Record<string, unknown>>;

const ecsVersion = '8.10.0';

const names: ReadonlyMap<string, string> = new Map([
  ['time', '@timestamp'],
  ['level', 'log.level'],
  ['msg', 'message'],
  ['requestId', 'http.request.id'],
  ['traceId', 'trace.id'],
  ['client', 'client.ip'],
  ['method', 'http.request.method'],
  ['path', 'url.path'],
  ['status', 'http.response.status_code'],
  ['clientName', 'user_agent.name'],
  ['clientVersion', 'user_agent.version'],
]);

/** Those of the schema for how a request ended. */
const outcomes: Fields = { ok: 'success', errors: 'failure', refused: 'failure', aborted: 'unknown', cut: 'failure' };

/** @param json a line as pino writes it */
export function ecsLine(json: string, service: string): string {
  const line: Record<string, unknown> = {};
  const others: Record<string, unknown> = {};
  const fields = JSON.parse(json) as Fields;
  for (const name of ['time', 'level', 'msg'])
    if (fields[name] !== undefined) line[names.get(name) ?? name] = fields[name];
  line['ecs.version'] = ecsVersion;
  line['service.name'] = service;
  line['event.dataset'] = service;
  for (const [name, value] of Object.entries(fields)) {
    const renamed = names.get(name);
    if (renamed !== undefined) line[renamed] = value;
    else if (name === 'ms' && typeof value === 'number') line['event.duration'] = Math.round(value * 1e6);
    else if (name === 'error') Object.assign(line, errorFields(value));
    else others[name] = value;
    if (name === 'outcome') line['event.outcome'] = outcomes[String(value)];
  }
  if (Object.keys(others).length > 0) line.isthmus = others;
  return `${JSON.stringify(line)}\n`;
}

function errorFields(error: unknown): Fields {
  if (error === null || typeof error !== 'object') return { 'error.message': String(error) };
  const { type, message, stack, code } = error as Fields;
  return { 'error.type': type, 'error.message': message, 'error.stack_trace': stack, 'error.code': code };
}
