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
import type { AccessRules, FieldSource, FieldSources, HiddenElements, MaskForm, RowRule } from '../supergraph/index.ts';
import { hiddenFromReader } from './contracts/hidden-from-reader.ts';
import { SchemaRules } from './contracts/schema-rules.ts';
import type { Policy } from './policies/policy.ts';
import { type RowDecisions, rowDecisions } from './rows/row-decisions.ts';
import { type DescribedRowRule, rowRulesOf } from './rows/rules-of-fields.ts';
import { AccessTable } from './rules/access-table.ts';
import { type Caller, type Decisions, decide } from './rules/decide.ts';
import { type ExplainedField, explainField } from './rules/explain-fields.ts';
import { type FieldVerdict, judgeFields } from './rules/judge-fields.ts';
import { type Mask, maskOf } from './rules/masks.ts';
import { OperationRules } from './rules/operation-rules.ts';
import { type DecidedClauses, decidedClauses, recalledOutcome } from './rules/recalled-outcome.ts';

/** Why a field is denied: it may not be read, or not now (`@rateLimit`). */
type DenialCode = 'UNAUTHORIZED_FIELD_OR_TYPE' | 'RATE_LIMITED';

/** What one outcome denies of an operation. It is an object for each outcome: what is prepared for it can be kept by it. */
export interface Denials {
  /** Distinguishes the outcomes of one operation. */
  readonly outcome: string;
  /** Where clients are told: among the errors, in `extensions.authorizationErrors`, or not at all. */
  readonly reportedIn: 'errors' | 'extensions' | 'off';
  isDenied(type: GraphQLObjectType, field: FieldNode): boolean;
  isTypeDenied(typeName: string): boolean;
  /** The error of a field that is denied. @default UNAUTHORIZED_FIELD_OR_TYPE */
  readonly codeOf?: ((type: GraphQLObjectType, field: FieldNode) => DenialCode) | undefined;
  /** How the values of a field are shown; undefined: as they are. */
  maskOf(type: GraphQLObjectType, field: FieldNode): Mask | undefined;
  /** How a field is read that an AI field's value is made from: by the object types that it may be of, undefined for whole. */
  readingOf(source: FieldSource): {
    readonly isReadable: boolean;
    readonly masks: ReadonlyMap<string, Mask | undefined>;
  };
  /** What the outcome is of: with it, the access of another generation finds its own denials. */
  decided(): DecidedClauses;
}

/** What a caller may use of the whole schema, as far as that does not depend on arguments. */
export interface VisiblePart {
  /** Distinguishes the parts of a schema that callers may use. */
  readonly outcome: string;
  /** @param schema the API schema, or a contract's */
  hiddenFrom(schema: GraphQLSchema): HiddenElements;
}

/** One operation of a document that has been validated. */
export interface AccessRequest extends Caller {
  readonly document: DocumentNode;
  readonly operation: OperationDefinitionNode;
  readonly requestId: string;
  /** What it was validated against: nothing else is named to anyone. @default the whole API schema */
  readonly apiSchema?: GraphQLSchema | undefined;
  /** Told each field that is denied or masked, or would be in the mode `audit`; called before `authorise` ends, where there are some. */
  readonly onDenied?: ((fields: readonly ExplainedField[]) => void) | undefined;
}

/** What a caller may read of an operation, field by field. */
export interface AccessReport {
  readonly allowed: readonly ExplainedField[];
  readonly denied: readonly ExplainedField[];
  /** The rules by which objects of it may be left out, by their data; missing where there are none. */
  readonly rows?: readonly DescribedRowRule[];
  /** False where the operation has more fields than these. */
  readonly isComplete: boolean;
}

export interface Access {
  /** Whether a policy may decide by the request: then one caller's identical queries may be answered differently. */
  readonly readsRequest: boolean;
  /**
   * @returns undefined where nothing of the operation is denied; a promise only where a policy answers later
   * @throws AggregateError of GraphQLErrors `UNAUTHORIZED_FIELD_OR_TYPE`, each with its path, in the mode `reject`
   */
  authorise(request: AccessRequest): Denials | undefined | Promise<Denials | undefined>;
  /** Whether an answer of the operation may depend on who asks. */
  protects(request: Pick<AccessRequest, 'document' | 'operation'>): boolean;
  /**
   * What the outcome of another generation denies under the rules of this one.
   * @returns undefined for nothing; `unknown` where a rule is another one, which has not been decided, or the operation is too large
   */
  recall(
    operation: Pick<AccessRequest, 'document' | 'operation'>,
    decided: DecidedClauses,
  ): Denials | undefined | 'unknown';
  /** Decides on the objects that an operation brings. Undefined: no rule is about objects. */
  readonly rowsFor: ((request: Caller & Pick<AccessRequest, 'requestId'>) => RowDecisions) | undefined;
  /** What introspection and suggestions show; undefined: everything. */
  visibleTo(caller: Caller): Promise<VisiblePart | undefined>;
  /** Every field of the operation, with its rules: for `isthmus access can`. */
  explain(request: AccessRequest): Promise<AccessReport>;
}

export interface AccessOptions {
  readonly config: Pick<AccessConfig, 'mode' | 'denials' | 'visibleSchema'>;
  readonly schema: GraphQLSchema;
  readonly rules: AccessRules;
  /** What the values of AI fields are made from. @default nothing that has rules */
  readonly fieldSources?: FieldSources | undefined;
  /** @default none */
  readonly rowRules?: readonly RowRule[] | undefined;
  readonly policies: ReadonlyMap<string, Policy>;
  readonly log: Logger;
  /** What hashes of `@mask(as: "hash")` are keyed with. */
  readonly maskKey: string | Uint8Array;
}

/** Outcomes of one operation that are kept at once: as many as the engine keeps variants. */
const maxOutcomes = 32;

/** A clause that does not hold, or that shows a mask. */
const restricting = /[^1]/;

/** What is read of a field where no policy of its masks allows. */
const nothing = { as: 'null' };

/** Fields that one line of the log names. */
const maxLogged = 100;

const noDecisions: Decisions = new Map();

/** The rules of an operation, and what its outcomes deny; undefined: nothing protects it. */
interface Prepared {
  readonly rules: OperationRules;
  readonly denials: LRUCache<string, Denials>;
}

/** @param path undefined: somewhere in the operation */
function refusal(path: readonly string[] | undefined): GraphQLError {
  const { client } = errorTable.UNAUTHORIZED_FIELD_OR_TYPE;
  return new GraphQLError(client, { path: path ?? null, extensions: { code: 'UNAUTHORIZED_FIELD_OR_TYPE' } });
}

/** @returns undefined where nothing of the schema is protected */
export function createAccess(options: AccessOptions): Access | undefined {
  const { config, schema, rules, rowRules = [], policies, log, maskKey } = options;
  const table = new AccessTable(schema, rules, options.fieldSources);
  if (table.isEmpty && rowRules.length === 0) return undefined;
  const showsAll = config.visibleSchema === 'full' || config.mode === 'audit';
  let schemaRules: SchemaRules | undefined;
  const masks = new Map<string, Mask>();
  const prepared = new WeakMap<OperationDefinitionNode, Prepared | 'unprotected'>();

  function prepare({ document, operation }: Pick<AccessRequest, 'document' | 'operation'>): Prepared | undefined {
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

  /** Fields of one form have the same function. */
  function maskOfForm(form: Pick<MaskForm, 'as'>): Mask {
    let mask = masks.get(form.as);
    if (mask === undefined) {
      mask = maskOf(form, maskKey);
      masks.set(form.as, mask);
    }
    return mask;
  }

  function denialsOf({ rules: operationRules, denials }: Prepared, outcome: string): Denials {
    let entry = denials.get(outcome);
    if (entry === undefined) {
      entry = {
        outcome,
        reportedIn: config.denials,
        isDenied: (type, field) => operationRules.denialOf(type, field, outcome) !== undefined,
        isTypeDenied: (name) => operationRules.denialOfType(name, outcome) !== undefined,
        maskOf: (type, field) => {
          const form = operationRules.formOf(type, field, outcome);
          return form && maskOfForm(form);
        },
        readingOf(source) {
          const { isReadable, forms } = operationRules.readingOf(source, outcome);
          const ofTypes = [...forms].map(([type, form]) => {
            if (form === 'whole') return [type, undefined] as const;
            return [type, maskOfForm(form === 'none' ? nothing : form)] as const;
          });
          return { isReadable, masks: new Map(ofTypes) };
        },
        decided: () => decidedClauses(operationRules.clauses, outcome),
      };
      denials.set(outcome, entry);
    }
    return entry;
  }

  function apply(entry: Prepared, outcome: string, request: AccessRequest, decisions: Decisions): Denials | undefined {
    if (!restricting.test(outcome)) return undefined;
    const { requestId, principal, variables, onDenied, apiSchema = schema } = request;
    if (config.mode === 'filter' && onDenied === undefined) return denialsOf(entry, outcome);
    const judgement = { table, apiSchema, rules: entry.rules, outcome, variables };
    const { fields: restricted, isComplete } = judgeFields(judgement, 'restricted');
    onDenied?.(restricted.map((field) => explainField(field, principal, decisions)));
    if (config.mode === 'filter') return denialsOf(entry, outcome);
    const denied = config.mode === 'reject' ? restricted.filter(({ isDenied }) => isDenied) : restricted;
    if (denied.length === 0 && isComplete) return config.mode === 'reject' ? denialsOf(entry, outcome) : undefined;
    const fields = denied.slice(0, maxLogged).map(logged);
    if (config.mode === 'reject') {
      log.info(
        { requestId, principal: principal.id, fields },
        'the operation was refused: the caller may not read all of it',
      );
      const paths = denied.length === 0 ? [undefined] : denied.slice(0, maxLogged).map(({ path }) => path);
      throw new AggregateError(paths.map(refusal));
    }
    log.info({ requestId, principal: principal.id, fields }, 'access would be denied (access.mode: audit)');
    return undefined;
  }

  return {
    readsRequest: [...policies.values()].some((policy) => policy.readsRequest),
    authorise(request) {
      const entry = prepare(request);
      if (entry === undefined) return undefined;
      let decisions = noDecisions;
      const outcome = decide(schema, policies, entry.rules, request, log, (decided) => {
        decisions = decided;
      });
      return typeof outcome === 'string'
        ? apply(entry, outcome, request, decisions)
        : outcome.then((decided) => apply(entry, decided, request, decisions));
    },
    protects: (request) => rowRules.length > 0 || prepare(request) !== undefined,
    recall(operation, decided) {
      let entry: Prepared | undefined;
      try {
        entry = prepare(operation);
      } catch {
        return 'unknown';
      }
      if (entry === undefined) return undefined;
      const outcome = recalledOutcome(entry.rules.clauses, decided);
      if (outcome === undefined) return 'unknown';
      return restricting.test(outcome) && config.mode !== 'audit' ? denialsOf(entry, outcome) : undefined;
    },
    rowsFor: rowRules.length === 0 ? undefined : (request) => rowDecisions({ config, policies, log }, request),
    async visibleTo(caller) {
      if (showsAll) return undefined;
      schemaRules ??= new SchemaRules(rules, policies);
      const ofSchema = schemaRules;
      const outcome = await decide(schema, policies, ofSchema, caller, log);
      if (!outcome.includes('0')) return undefined;
      return {
        outcome,
        hiddenFrom: (apiSchema) => hiddenFromReader(apiSchema, table, (rule) => ofSchema.denies(rule, outcome)),
      };
    },
    async explain(request) {
      const { document, operation, principal, variables, apiSchema = schema } = request;
      const operationRules = prepare(request)?.rules ?? new OperationRules(table, policies, document, operation);
      let decisions = noDecisions;
      const outcome = await decide(schema, policies, operationRules, request, log, (decided) => {
        decisions = decided;
      });
      const { fields: all, isComplete } = judgeFields(
        { table, apiSchema, rules: operationRules, outcome, variables },
        'all',
      );
      const explained = (isDenied: boolean): readonly ExplainedField[] =>
        all
          .filter((verdict) => verdict.isDenied === isDenied)
          .map((verdict) => explainField(verdict, principal, decisions));
      const rows = rowRulesOf(
        schema,
        rowRules,
        all.map(({ coordinate }) => coordinate),
      );
      return {
        allowed: explained(false),
        denied: explained(true),
        ...(rows.length === 0 ? {} : { rows }),
        isComplete,
      };
    },
  };
}

function logged({ path, coordinate, as, rules }: FieldVerdict) {
  const rule = rules.find(({ rule, holds }) => (as === undefined ? !holds : rule.kind === 'mask'))?.rule;
  return { path: path.join('.'), coordinate, rule, as };
}
