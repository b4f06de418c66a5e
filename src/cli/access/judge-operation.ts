/**
 * Decides an operation as a gateway of this configuration would, without one that runs: the same authenticator, rules and
 * policies. Nothing is fetched from subgraphs but schemas that the configuration says to introspect.
 */
import {
  type DocumentNode,
  GraphQLError,
  getOperationAST,
  getVariableValues,
  type OperationDefinitionNode,
  parse,
  validate,
} from 'graphql';
import {
  type Access,
  type AccessReport,
  type AccessRequest,
  type ApiView,
  apiKeyIdentifier,
  createAccess,
  createApiSchemas,
  createAuthenticator,
  createContractChoice,
  createIdentifiers,
  type Denials,
  KeyRing,
  KeySets,
  type Principal,
} from '../../access/index.ts';
import type { ResolvedConfig } from '../../config/index.ts';
import { GatewayError } from '../../errors/index.ts';
import { MemoryBudget, withPlainNumbers } from '../../lib/index.ts';
import type { Logger } from '../../observability/index.ts';
import type { SupergraphParts } from '../../read-supergraph.ts';
import { buildApiSchema } from '../../supergraph/index.ts';

export interface JudgedRequest {
  /** In lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** The address that the request comes from. */
  readonly address: string;
  /** @default `server.graphql_path` */
  readonly path?: string | undefined;
  readonly query: string;
  readonly operationName?: string | undefined;
  readonly variables: Readonly<Record<string, unknown>>;
}

export type Judgement =
  | ({
      readonly kind: 'judged';
      /** What is left out of the operation; undefined: nothing, or the whole of it is refused. */
      readonly denials: Denials | undefined;
    } & JudgedCaller &
      AccessReport)
  /** Nothing of the schema is protected. */
  | ({ readonly kind: 'unprotected' } & JudgedCaller)
  /** The whole request is refused: the caller is not identified, or its path has no contract for it. */
  | { readonly kind: 'refused'; readonly status: 401 | 403; readonly reason: string };

interface JudgedCaller {
  readonly caller: Principal;
  /** Undefined: the operation is one of the whole API schema. */
  readonly contract: string | undefined;
}

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

export async function openOperationJudge(
  { config, composition, policies, keyFiles }: SupergraphParts,
  log: Logger,
): Promise<OperationJudge> {
  const schema = await buildApiSchema(composition.apiPieces);
  const keyRing = await openKeys(config, log);
  const apiKeys = keyRing && apiKeyIdentifier(keyRing);
  const identifiers = createIdentifiers(config.access, { keySets: new KeySets(), keyFiles, apiKeys });
  const authenticator = createAuthenticator({ config: config.access, identifiers, log });
  const { accessRules: rules, fieldSources, rows } = composition;
  const options = {
    config: config.access,
    schema,
    rules,
    fieldSources,
    rowRules: rows.rules,
    policies,
    log,
    maskKey: '',
  };
  const access = createAccess(options);

  const contracts = createContractChoice(config);
  const apiSchemas = createApiSchemas({ schema, composition, access, caches: new MemoryBudget(0).group() });

  return {
    config,
    async judge({ headers, address, path = config.server.graphqlPath, query, operationName, variables }) {
      const document = readDocument(query);
      let caller: Principal;
      let contract: string | undefined;
      try {
        caller = await authenticator.identify({ headers, address });
        contract = contracts === undefined ? undefined : contracts.choose(caller, headers, path);
      } catch (error) {
        return refusal(error);
      }
      const view = await apiSchemas.view(contract);
      const operation = validOperation(view, document, operationName, variables);
      if (access === undefined) return { kind: 'unprotected', caller, contract };
      const request = { headers, operationName, operationType: operation.operation };
      const signal = AbortSignal.timeout(timeoutMs);
      const unjudged = { document, operation, variables, principal: caller, request, requestId, signal };
      const report = await access.explain({ ...unjudged, apiSchema: view.schema });
      return { kind: 'judged', caller, contract, denials: await denialsOf(access, unjudged), ...report };
    },
    async close() {
      await keyRing?.close();
    },
  };
}

async function denialsOf(access: Access, request: AccessRequest): Promise<Denials | undefined> {
  try {
    return await access.authorise(request);
  } catch (error) {
    // `access.mode: reject` refuses the whole operation; the report has the fields.
    if (error instanceof AggregateError) return undefined;
    throw error;
  }
}

/** A question is no use of a key: none is written. */
async function openKeys({ access, store: config, file }: ResolvedConfig, log: Logger): Promise<KeyRing | undefined> {
  if (!access.apiKeys) return undefined;
  const { openStore } = await import('../../store/index.ts');
  const store = await openStore({ config, configFile: file, log });
  return KeyRing.open({ store, log, recordsUses: false });
}

/** @throws UnjudgedError where that is not for the caller to mend */
function refusal(error: unknown): Judgement {
  if (!(error instanceof GatewayError)) throw error;
  const reason = error.detail ?? error.message;
  if (error.code === 'UNAUTHENTICATED') return { kind: 'refused', status: 401, reason };
  if (error.code === 'FORBIDDEN') return { kind: 'refused', status: 403, reason };
  if (error.code === 'NOT_FOUND') throw new UnjudgedError('no contract has this path');
  throw new UnjudgedError(`the caller cannot be identified: ${reason}`);
}

/** @throws UnjudgedError where the operation is not one of the schema */
function validOperation(
  { contract, schema }: ApiView,
  document: DocumentNode,
  operationName: string | undefined,
  variables: JudgedRequest['variables'],
): OperationDefinitionNode {
  const ofContract = contract === undefined ? '' : `with the contract ${contract}: `;
  const unjudged = (errors: readonly GraphQLError[]): UnjudgedError =>
    new UnjudgedError(errors.map(({ message }) => ofContract + message).join('\n'));
  const problems = validate(schema, document);
  if (problems.length > 0) throw unjudged(problems);
  const operation = getOperationAST(document, operationName);
  if (operation == null) throw new UnjudgedError('the file has no such operation, or several: name one');
  const plain = withPlainNumbers(variables) as typeof variables;
  const { errors = [] } = getVariableValues(schema, operation.variableDefinitions ?? [], plain);
  if (errors.length > 0) throw unjudged(errors);
  return operation;
}

function readDocument(query: string): DocumentNode {
  try {
    return parse(query);
  } catch (error) {
    if (!(error instanceof GraphQLError)) throw error;
    throw new UnjudgedError(error.toString());
  }
}
