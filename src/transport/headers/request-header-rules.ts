/**
 * Turns a subgraph's request header rules into one function, which gives the headers to send besides our own.
 *
 * Headers of one connection are never forwarded: neither the well-known ones, nor those that the client's own
 * `Connection` header lists (RFC 9110, section 7.6.1).
 */
import type { IncomingHttpHeaders } from 'node:http';
import type { Principal } from '../../access/principal.ts';
import { type RequestHeaderRule, unforwardableHeaders } from '../../config/index.ts';
import { unreachable } from '../../lib/index.ts';
import { principalHeader } from './principal-header.ts';

/** @returns names and values in turn, as undici takes them */
export type ForwardHeaders = (
  client: IncomingHttpHeaders | undefined,
  principal: Principal,
  clientAddress?: string,
) => string[];

type Step = (
  client: IncomingHttpHeaders,
  outgoing: Map<string, readonly string[]>,
  ofConnection: ReadonlySet<string>,
  principal: Principal,
  clientAddress: string | undefined,
) => void;

const noHeaders: IncomingHttpHeaders = {};

/**
 * @param reserved names of further headers that nothing of a client becomes
 * @returns `undefined` without rules, so that the usual request does no work for them
 */
export function compileRequestHeaderRules(
  rules: readonly RequestHeaderRule[],
  reserved: readonly string[] = [],
): ForwardHeaders | undefined {
  if (rules.length === 0) return undefined;
  const inserted = rules.flatMap((rule) =>
    rule.kind === 'insert-principal' || rule.kind === 'insert-client-address' ? [rule.name] : [],
  );
  const ofCaller = new Set([...inserted, ...reserved]);
  const steps = rules.map((rule) => compileRule(rule, ofCaller));
  return (client = noHeaders, principal, clientAddress) => {
    const outgoing = new Map<string, readonly string[]>();
    const ofConnection = connectionHeaders(client.connection);
    for (const step of steps) step(client, outgoing, ofConnection, principal, clientAddress);
    return [...outgoing].flatMap(([name, values]) => values.flatMap((value) => [name, value]));
  };
}

/** @param ofCaller headers that carry the caller: nothing that a client sends becomes one of them */
function compileRule(rule: RequestHeaderRule, ofCaller: ReadonlySet<string>): Step {
  switch (rule.kind) {
    case 'propagate':
      return ofCaller.has(rule.rename ?? rule.named) ? () => undefined : propagateNamed(rule);
    case 'propagate-matching': {
      const pattern = new RegExp(rule.matching, 'i');
      return (client, outgoing, ofConnection) => {
        for (const name of Object.keys(client)) {
          if (isForwardable(name, ofConnection) && !ofCaller.has(name) && pattern.test(name))
            outgoing.set(name, valuesOf(client, name));
        }
      };
    }
    case 'remove':
      return (_client, outgoing) => void outgoing.delete(rule.named);
    case 'remove-matching': {
      const pattern = new RegExp(rule.matching, 'i');
      return (_client, outgoing) => {
        for (const name of outgoing.keys()) if (pattern.test(name)) outgoing.delete(name);
      };
    }
    case 'insert': {
      const values = [rule.value];
      return (_client, outgoing) => {
        if (isForwardable(rule.name, none)) outgoing.set(rule.name, values);
      };
    }
    case 'insert-principal': {
      const { name, from } = rule;
      return (_client, outgoing, _ofConnection, principal) => {
        const value = principalHeader(principal, from);
        if (value !== undefined && isForwardable(name, none)) outgoing.set(name, [value]);
      };
    }
    case 'insert-client-address': {
      const { name } = rule;
      return (_client, outgoing, _ofConnection, _principal, clientAddress = '') => {
        if (clientAddress !== '' && isForwardable(name, none)) outgoing.set(name, [clientAddress]);
      };
    }
    default:
      return unreachable(rule);
  }
}

function propagateNamed({ named, rename, default: fallback }: Extract<RequestHeaderRule, { kind: 'propagate' }>): Step {
  const as = rename ?? named;
  return (client, outgoing, ofConnection) => {
    if (!isForwardable(named, ofConnection) || !isForwardable(as, none)) return;
    const values = valuesOf(client, named);
    if (values.length > 0) outgoing.set(as, values);
    else if (fallback !== undefined) outgoing.set(as, [fallback]);
  };
}

const none: ReadonlySet<string> = new Set();

function isForwardable(name: string, ofConnection: ReadonlySet<string>): boolean {
  return !unforwardableHeaders.has(name) && !ofConnection.has(name);
}

function connectionHeaders(connection: string | undefined): ReadonlySet<string> {
  if (connection === undefined || connection === 'keep-alive' || connection === 'close') return none;
  return new Set(
    connection
      .toLowerCase()
      .split(',')
      .map((name) => name.trim()),
  );
}

function valuesOf(client: IncomingHttpHeaders, name: string): readonly string[] {
  const value = Object.hasOwn(client, name) ? client[name] : undefined;
  if (value === undefined) return [];
  return typeof value === 'string' ? [value] : value;
}
