/**
 * What callers may read, decided for an operation before anything of it is planned: its rules are collected once, a request
 * evaluates them to an outcome, and the outcome says which fields and objects are denied.
 */
import {
  type DocumentNode,
  type FieldNode,
  GraphQLError,
  type GraphQLObjectType,
  type GraphQLSchema,
  type OperationDefinitionNode,
} from 'graphql';
import { LRUCache } from 'lru-cache';
import type { AccessConfig } from '../config/index.ts';
import { errorTable } from '../errors/index.ts';
import type { Logger } from '../observability/index.ts';
import type { AccessRules } from '../supergraph/index.ts';
import type { Policy } from './policies/policy.ts';
import { AccessTable } from './rules/access-table.ts';
import { type Caller, decide } from './rules/decide.ts';
import { type DeniedField, deniedFields } from './rules/denied-fields.ts';
import { OperationRules } from './rules/operation-rules.ts';

/** What one outcome denies of an operation. It is an object for each outcome: what is prepared for it can be kept by it. */
export interface Denials {
  /** Distinguishes the outcomes of one operation. */
  readonly outcome: string;
  /** Where clients are told: among the errors, in `extensions.authorizationErrors`, or not at all. */
  readonly reportedIn: 'errors' | 'extensions' | 'off';
  isDenied(type: GraphQLObjectType, field: FieldNode): boolean;
  isTypeDenied(typeName: string): boolean;
}

/** One operation of a document that has been validated. */
export interface AccessRequest extends Caller {
  readonly document: DocumentNode;
  readonly operation: OperationDefinitionNode;
  readonly requestId: string;
}

export interface Access {
  /** Whether a policy may decide by the request: then one caller's identical queries may be answered differently. */
  readonly readsRequest: boolean;
  /**
   * @returns undefined where nothing of the operation is denied; a promise only where a policy answers later
   * @throws AggregateError of GraphQLErrors `UNAUTHORIZED_FIELD_OR_TYPE`, each with its path, in the mode `reject`
   */
  authorise(request: AccessRequest): Denials | undefined | Promise<Denials | undefined>;
  /** What would be denied, with the rules, for `isthmus-explain: access`. */
  explain(request: AccessRequest): Promise<readonly DeniedField[]>;
}

export interface AccessOptions {
  readonly config: Pick<AccessConfig, 'mode' | 'denials'>;
  readonly schema: GraphQLSchema;
  readonly rules: AccessRules;
  readonly policies: ReadonlyMap<string, Policy>;
  readonly log: Logger;
}

/** Outcomes of one operation that are kept at once: as many as the engine keeps variants. */
const maxOutcomes = 32;

/** The rules of an operation, and what its outcomes deny; undefined: nothing protects it. */
interface Prepared {
  readonly rules: OperationRules;
  readonly denials: LRUCache<string, Denials>;
}

function refusal(path: readonly string[]): GraphQLError {
  const { client } = errorTable.UNAUTHORIZED_FIELD_OR_TYPE;
  return new GraphQLError(client, { path, extensions: { code: 'UNAUTHORIZED_FIELD_OR_TYPE' } });
}

/** @returns undefined where nothing of the schema is protected */
export function createAccess({ config, schema, rules, policies, log }: AccessOptions): Access | undefined {
  const table = new AccessTable(schema, rules);
  if (table.isEmpty) return undefined;
  const prepared = new WeakMap<OperationDefinitionNode, Prepared | 'unprotected'>();

  function prepare({ document, operation }: AccessRequest): Prepared | undefined {
    let entry = prepared.get(operation);
    if (entry === undefined) {
      const operationRules = new OperationRules(table, policies, document, operation);
      entry =
        operationRules.clauses.length === 0
          ? 'unprotected'
          : { rules: operationRules, denials: new LRUCache({ max: maxOutcomes }) };
      prepared.set(operation, entry);
    }
    return entry === 'unprotected' ? undefined : entry;
  }

  function denialsOf({ rules: operationRules, denials }: Prepared, outcome: string): Denials {
    let entry = denials.get(outcome);
    if (entry === undefined) {
      entry = {
        outcome,
        reportedIn: config.denials,
        isDenied: (type, field) => operationRules.denialOf(type, field, outcome) !== undefined,
        isTypeDenied: (name) => operationRules.denialOfType(name, outcome) !== undefined,
      };
      denials.set(outcome, entry);
    }
    return entry;
  }

  function apply(entry: Prepared, outcome: string, request: AccessRequest): Denials | undefined {
    if (!outcome.includes('0')) return undefined;
    if (config.mode === 'filter') return denialsOf(entry, outcome);
    const denied = deniedFields(table, entry.rules, outcome, request.variables);
    if (denied.length === 0) return undefined;
    const { requestId, principal } = request;
    const fields = denied.map(({ path, coordinate, rule }) => ({ path: path.join('.'), coordinate, rule }));
    if (config.mode === 'reject') {
      log.info(
        { requestId, principal: principal.id, fields },
        'the operation was refused: the caller may not read all of it',
      );
      throw new AggregateError(denied.map(({ path }) => refusal(path)));
    }
    log.info({ requestId, principal: principal.id, fields }, 'access would be denied (access.mode: audit)');
    return undefined;
  }

  return {
    readsRequest: [...policies.values()].some((policy) => policy.readsRequest),
    authorise(request) {
      const entry = prepare(request);
      if (entry === undefined) return undefined;
      const outcome = decide(schema, policies, entry.rules, request, log);
      return typeof outcome === 'string'
        ? apply(entry, outcome, request)
        : outcome.then((decided) => apply(entry, decided, request));
    },
    async explain(request) {
      const entry = prepare(request);
      if (entry === undefined) return [];
      const outcome = await decide(schema, policies, entry.rules, request, log);
      return deniedFields(table, entry.rules, outcome, request.variables);
    },
  };
}
