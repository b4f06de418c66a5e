/** `access.policies`: the named policies of `@policy`, as expressions, functions, or questions to a decision service. */
import { z } from 'zod';
import { formatPath, type YamlPath } from '../read-yaml.ts';
import { parseDuration } from '../units.ts';
import { durationOr, httpUrl } from '../values.ts';

const expression = z.string().min(1).describe('A CEL expression over `principal`, `args` and `request`.');

const code = z.strictObject({
  code: z
    .string()
    .min(1)
    .describe('A TypeScript module that exports a function `policy({ principal, args, request })`: true allows.'),
});

const http = z.strictObject({
  http: httpUrl.describe('A decision service, such as Open Policy Agent: `http://127.0.0.1:8181/v1/data/shop`.'),
  arguments: z
    .boolean()
    .default(false)
    .describe('Whether the decision depends on the field’s arguments: then the service is sent them.'),
  timeout: durationOr('500ms', 'How long the service may take to decide.'),
  cache: durationOr('10s', 'How long a decision is cached for a caller.'),
  fail: z
    .enum(['closed', 'open'])
    .default('closed')
    .describe('What holds where the service does not decide: `closed` denies, `open` allows.'),
});

export const policiesYaml = z
  .record(z.string().min(1), z.union([expression, http, code]))
  .default({})
  .describe('The policies that `@policy` names.');

interface PolicyPlace {
  readonly name: string;
  /** Its YAML path, and its line where the configuration is a file. */
  readonly place: string;
  readonly line: number | undefined;
}

export type PolicyConfig = PolicyPlace &
  (
    | { readonly kind: 'expression'; readonly expression: string }
    | { readonly kind: 'code'; readonly path: string }
    | {
        readonly kind: 'http';
        readonly url: string;
        readonly sendsArguments: boolean;
        readonly timeoutMs: number;
        readonly cacheMs: number;
        readonly fail: 'closed' | 'open';
      }
  );

export function resolvePolicies(
  policies: z.output<typeof policiesYaml>,
  at: (path: string) => string,
  lineOf: (path: YamlPath) => number | undefined,
): readonly PolicyConfig[] {
  return Object.entries(policies).map(([name, policy]): PolicyConfig => {
    const path = ['access', 'policies', name];
    const place = { name, place: formatPath(path), line: lineOf(path) };
    if (typeof policy === 'string') return { ...place, kind: 'expression', expression: policy };
    if ('code' in policy) return { ...place, kind: 'code', path: at(policy.code) };
    return {
      ...place,
      kind: 'http',
      url: policy.http,
      sendsArguments: policy.arguments,
      timeoutMs: parseDuration(policy.timeout) ?? 0,
      cacheMs: parseDuration(policy.cache) ?? 0,
      fail: policy.fail,
    };
  });
}
