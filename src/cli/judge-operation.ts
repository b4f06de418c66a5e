/**
 * Decides an operation as a gateway of this configuration would, without one that runs: the same authenticator, rules and
 * policies. Nothing is fetched from subgraphs but schemas that the configuration says to introspect.
 */
import { type DocumentNode, GraphQLError, getOperationAST, getVariableValues, parse, validate } from 'graphql';
import {
  type AccessReport,
  apiKeyIdentifier,
  createAccess,
  createAuthenticator,
  createIdentifiers,
  KeyRing,
  KeySets,
  type Principal,
} from '../access/index.ts';
import { loadConfig, type ResolvedConfig } from '../config/index.ts';
import { GatewayError } from '../errors/index.ts';
import { withPlainNumbers } from '../lib/index.ts';
import type { Logger } from '../observability/index.ts';
import { readSupergraph } from '../read-supergraph.ts';
import { buildApiSchema } from '../supergraph/index.ts';

export interface JudgedRequest {
  /** In lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** The address that the request comes from. */
  readonly address: string;
  readonly query: string;
  readonly operationName?: string | undefined;
  readonly variables: Readonly<Record<string, unknown>>;
}

export type Judgement =
  | ({ readonly kind: 'judged'; readonly caller: Principal } & AccessReport)
  /** Nothing of the schema is protected. */
  | { readonly kind: 'unprotected'; readonly caller: Principal }
  /** The whole request is refused (401). */
  | { readonly kind: 'refused'; readonly reason: string };

export interface OperationJudge {
  readonly config: ResolvedConfig;
  /** @throws UnjudgedError where the operation is not valid, or the caller cannot be identified now */
  judge(request: JudgedRequest): Promise<Judgement>;
  close(): Promise<void>;
}

/** The operation is not one that a gateway would run. */
export class UnjudgedError extends Error {
  override readonly name = 'UnjudgedError';
}

/** How long the policies of an operation may take. */
const timeoutMs = 30_000;
const requestId = 'isthmus access can';

/** @throws ConfigError or CompositionError with every problem found */
export async function openOperationJudge(configFile: string, log: Logger): Promise<OperationJudge> {
  const { config, composition, policies, keyFiles } = await readSupergraph(await loadConfig(configFile));
  const schema = await buildApiSchema(composition.apiPieces);
  const keyRing = await openKeys(config, log);
  const apiKeys = keyRing && apiKeyIdentifier(keyRing);
  const identifiers = createIdentifiers(config.access, { keySets: new KeySets(), keyFiles, apiKeys });
  const authenticator = createAuthenticator({ config: config.access, identifiers, log });
  const rules = composition.accessRules;
  const access = createAccess({ config: config.access, schema, rules, policies, log });

  return {
    config,
    async judge({ headers, address, query, operationName, variables }) {
      const document = readDocument(query);
      const problems = validate(schema, document);
      if (problems.length > 0) throw new UnjudgedError(problems.map(({ message }) => message).join('\n'));
      const operation = getOperationAST(document, operationName);
      if (operation == null) throw new UnjudgedError('the file has no such operation, or several: name one');
      const plain = withPlainNumbers(variables) as typeof variables;
      const { errors = [] } = getVariableValues(schema, operation.variableDefinitions ?? [], plain);
      if (errors.length > 0) throw new UnjudgedError(errors.map(({ message }) => message).join('\n'));
      let caller: Principal;
      try {
        caller = await authenticator.identify({ headers, address });
      } catch (error) {
        if (!(error instanceof GatewayError)) throw error;
        const reason = error.detail ?? error.message;
        if (error.code === 'UNAUTHENTICATED') return { kind: 'refused', reason };
        throw new UnjudgedError(`the caller cannot be identified: ${reason}`);
      }
      const request = { headers, operationName, operationType: operation.operation };
      if (access === undefined) return { kind: 'unprotected', caller };
      const signal = AbortSignal.timeout(timeoutMs);
      const accessRequest = { document, operation, variables, principal: caller, request, requestId, signal };
      return { kind: 'judged', caller, ...(await access.explain(accessRequest)) };
    },
    async close() {
      await keyRing?.close();
    },
  };
}

/** A question is no use of a key: none is written. */
async function openKeys({ access, store: config, file }: ResolvedConfig, log: Logger): Promise<KeyRing | undefined> {
  if (!access.apiKeys) return undefined;
  const { openStore } = await import('../store/index.ts');
  const store = await openStore({ config, configFile: file, log });
  return KeyRing.open({ store, log, recordsUses: false });
}

function readDocument(query: string): DocumentNode {
  try {
    return parse(query);
  } catch (error) {
    if (!(error instanceof GraphQLError)) throw error;
    throw new UnjudgedError(error.toString());
  }
}
