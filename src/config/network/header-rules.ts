/**
 * The `headers` key: which of a client's headers reach a subgraph, and which of a subgraph's reach the client.
 * Rules are an ordered list, and each rule sees the result of the rules before it; a header that carries the caller is set by
 * no other rule. Names that belong to one connection (RFC 9110,
 * section 7.6.1) or to the gateway's own framing are refused here, and skipped by patterns.
 */
import { z } from 'zod';

export type RequestHeaderRule =
  | {
      readonly kind: 'propagate';
      readonly named: string;
      readonly rename: string | undefined;
      readonly default: string | undefined;
    }
  | { readonly kind: 'propagate-matching'; readonly matching: string }
  | { readonly kind: 'remove'; readonly named: string }
  | { readonly kind: 'remove-matching'; readonly matching: string }
  | { readonly kind: 'insert'; readonly name: string; readonly value: string }
  | { readonly kind: 'insert-principal'; readonly name: string; readonly from: PrincipalPart }
  | { readonly kind: 'insert-client-address'; readonly name: string };

/** What of the caller a header carries; `path` leads to the claim, through objects. */
export type PrincipalPart =
  | { readonly kind: 'id' | 'tenant' | 'scopes' | 'roles' }
  | { readonly kind: 'claim'; readonly path: readonly string[] };

/** How a header of several subgraph responses is merged: the first or the last to arrive, or all in order. */
export type HeaderMerge = 'first' | 'last' | 'append';

export interface ResponseHeaderRule {
  readonly named: string;
  readonly merge: HeaderMerge;
}

export interface HeaderRules {
  readonly request: readonly RequestHeaderRule[];
  readonly response: readonly ResponseHeaderRule[];
}

/** Headers of one connection or of the gateway's own framing: no rule carries them either way. */
export const unforwardableHeaders: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'expect',
  'host',
  'content-length',
  'content-type',
  'content-encoding',
  'accept',
  'accept-encoding',
]);

const headerName = z
  .string()
  .regex(/^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,256}$/, 'write a header name such as accept-language')
  .refine(
    (name) => !unforwardableHeaders.has(name.toLowerCase()),
    'this header belongs to one connection or to the gateway and is never forwarded',
  );

const headerValue = z
  .string()
  .regex(/^[\t\x20-\x7e\x80-\xff]*$/, 'a header value is one line without control characters');

const pattern = z
  .string()
  .min(1)
  .refine((source) => {
    try {
      return new RegExp(source, 'i') instanceof RegExp;
    } catch {
      return false;
    }
  }, 'write a regular expression such as ^x-shop-');

const namedOrMatching = {
  named: headerName.optional().describe('The header’s name.'),
  matching: pattern.optional().describe('A regular expression that names match, whatever their case.'),
};
const hasExactlyOneName = (value: { named?: string | undefined; matching?: string | undefined }) =>
  (value.named === undefined) !== (value.matching === undefined);

const principalPart = z
  .string()
  .regex(/^(?:id|tenant|scopes|roles|claims(?:\.[^.]+)+)$/, 'write id, tenant, scopes, roles, or claims.NAME')
  .describe(
    'What of the caller it carries: `id`, `tenant`, `scopes`, `roles`, or `claims.NAME`. No client can set such a header: without a value, it is not sent.',
  );

const requestRule = z
  .strictObject({
    propagate: z
      .strictObject({
        ...namedOrMatching,
        default: headerValue.optional().describe('The value where the client sent none; with named.'),
        rename: headerName.optional().describe('The name the subgraph sees; with named.'),
      })
      .refine(hasExactlyOneName, 'name exactly one of named and matching')
      .refine(
        (value) => value.matching === undefined || (value.default === undefined && value.rename === undefined),
        'default and rename go with named',
      )
      .optional()
      .describe('Forward the client’s header.'),
    remove: z
      .strictObject(namedOrMatching)
      .refine(hasExactlyOneName, 'name exactly one of named and matching')
      .optional()
      .describe('Remove headers that earlier rules have set.'),
    insert: z
      .strictObject({
        name: headerName.describe('The header’s name.'),
        value: headerValue.optional().describe('Its value.'),
        principal: principalPart.optional(),
        client: z
          .literal('address')
          .optional()
          .describe(
            'The client’s address; behind trusted proxies, what they say it is. No client can set such a header.',
          ),
      })
      .refine(
        ({ name: _, ...sources }) => Object.values(sources).filter((source) => source !== undefined).length === 1,
        'state exactly one of value, principal and client',
      )
      .optional()
      .describe('Set a header to a fixed value, or to what is known of the caller or the client.'),
  })
  .refine(
    (rule) => Object.values(rule).filter((value) => value !== undefined).length === 1,
    'a rule is one of propagate, remove and insert',
  );

const responseRule = z.strictObject({
  propagate: z
    .strictObject({
      named: headerName.describe('The header’s name; set-cookie is forwarded only if it is named here.'),
      merge: z
        .enum(['first', 'last', 'append'])
        .default('last')
        .describe('How the values of several subgraph responses are merged.'),
    })
    .describe('Forward the subgraph’s header to the client’s response.'),
});

const rules = z.union([
  z.array(requestRule).describe('Request rules, in order.'),
  z.strictObject({
    request: z.array(requestRule).default([]).describe('From the client to the subgraph, in order.'),
    response: z.array(responseRule).default([]).describe('From the subgraph to the client, in order.'),
  }),
]);

export const headersYaml = z
  .strictObject({
    all: rules.default([]).describe('Rules for every subgraph; they are applied first.'),
    subgraphs: z.record(z.string(), rules).default({}).describe('Additional rules for one subgraph.'),
  })
  .prefault({});

type RulesYaml = z.output<typeof rules>;

/** The rules for one subgraph: those of `all`, then its own; names in lower case. */
export function resolveHeaderRules(headers: z.output<typeof headersYaml>, subgraph: string): HeaderRules {
  const subgraphRules = Object.hasOwn(headers.subgraphs, subgraph) ? (headers.subgraphs[subgraph] ?? []) : [];
  const lists = [headers.all, subgraphRules].map((list) =>
    Array.isArray(list) ? { request: list, response: [] } : list,
  );
  return {
    request: lists.flatMap((list) => list.request.flatMap(resolveRequestRule)),
    response: lists.flatMap((list) =>
      list.response.map(({ propagate }) => ({ named: propagate.named.toLowerCase(), merge: propagate.merge })),
    ),
  };
}

/** The headers by which a trace is told of. */
export const traceHeaderNames = [
  'traceparent',
  'tracestate',
  'b3',
  'x-b3-traceid',
  'x-b3-spanid',
  'x-b3-parentspanid',
  'x-b3-sampled',
  'x-b3-flags',
] as const;

/**
 * The rules where the gateway itself tells subgraphs of the trace: what a client says of it does not reach them, nor does it
 * tell apart requests that are the same otherwise.
 */
export function withoutClientTraces({ request, response }: HeaderRules): HeaderRules {
  const names: ReadonlySet<string> = new Set(traceHeaderNames);
  return {
    request: request.flatMap((rule): readonly RequestHeaderRule[] => {
      if (rule.kind === 'propagate') return names.has(rule.rename ?? rule.named) ? [] : [rule];
      if (rule.kind !== 'propagate-matching') return [rule];
      const pattern = new RegExp(rule.matching, 'i');
      const matched = traceHeaderNames.filter((name) => pattern.test(name));
      return [rule, ...matched.map((name) => ({ kind: 'remove', named: name }) as const)];
    }),
    response,
  };
}

function resolveRequestRule({ propagate, remove, insert }: Extract<RulesYaml, unknown[]>[number]): RequestHeaderRule[] {
  if (insert?.value !== undefined) return [{ kind: 'insert', name: insert.name.toLowerCase(), value: insert.value }];
  if (insert?.client !== undefined) return [{ kind: 'insert-client-address', name: insert.name.toLowerCase() }];
  if (insert?.principal !== undefined) {
    return [{ kind: 'insert-principal', name: insert.name.toLowerCase(), from: principalPartOf(insert.principal) }];
  }
  if (remove?.named !== undefined) return [{ kind: 'remove', named: remove.named.toLowerCase() }];
  if (remove?.matching !== undefined) return [{ kind: 'remove-matching', matching: remove.matching }];
  if (propagate?.matching !== undefined) return [{ kind: 'propagate-matching', matching: propagate.matching }];
  if (propagate?.named === undefined) return [];
  return [
    {
      kind: 'propagate',
      named: propagate.named.toLowerCase(),
      rename: propagate.rename?.toLowerCase(),
      default: propagate.default,
    },
  ];
}

function principalPartOf(text: string): PrincipalPart {
  const [kind, ...path] = text.split('.');
  switch (kind) {
    case 'id':
    case 'tenant':
    case 'scopes':
    case 'roles':
      return { kind };
    default:
      return { kind: 'claim', path };
  }
}
