/** Hints for the owner of a valid AI subgraph: personal data in prompts, unused inputs, unresolved fields. */
import { type DocumentNode, Kind, type SelectionSetNode } from 'graphql';
import { namedType } from '../../../documents/index.ts';
import type { CompositionProblem } from '../../../supergraph/index.ts';
import { type AiField, aiFieldsOf } from '../ai-field.ts';
import type { SensitiveFields } from '../answers/sensitive.ts';
import { type Prompt, PromptError } from '../prompts/prompt.ts';
import { type AiSubgraphCheck, suppliedTo } from './check-ai-field.ts';
import { buildSchema, parseSource } from './check-ai-subgraph.ts';
import { unansweredFields } from './unanswered-fields.ts';

export interface AiSubgraphReport {
  readonly hints: readonly CompositionProblem[];
  /** A line for each `@sensitive` field a prompt reads: `assistant: Product.answer reads User.email (personal): masked`. */
  readonly report: readonly string[];
}

export function reportAiSubgraph(check: AiSubgraphCheck): AiSubgraphReport {
  const document = parseSource(check.source);
  if (document === undefined) return { hints: [], report: [] };
  const types = typesOf(document);
  const hints: CompositionProblem[] = [];
  const report: string[] = [];
  const fields = aiFieldsOf(document);
  for (const field of fields) {
    const coordinate = `${field.typeName}.${field.fieldName}`;
    const sensitiveKinds = new Map<string, string>();
    if (field.requiresSelection !== undefined) {
      collectSensitive(types, field.typeName, field.requiresSelection, check.sensitive, sensitiveKinds);
    }
    for (const [place, kind] of sensitiveKinds)
      report.push(`${check.source.name}: ${coordinate} reads ${place} (${kind}): masked`);
    hints.push(...hintsOf(field, check));
  }
  const schema = buildSchema(document);
  for (const { coordinate, line } of schema === undefined ? [] : unansweredFields(schema, fields)) {
    hints.push({
      severity: 'hint',
      code: 'AI_FIELD_UNANSWERED',
      message: `${coordinate}: nothing answers it, so it is null`,
      places: [{ subgraph: check.source.name, origin: check.source.origin, line }],
      suggestedFix: 'give it @generate, mark it @external where another subgraph has it, or take it out',
    });
  }
  return { hints, report };
}

function hintsOf(field: AiField, check: AiSubgraphCheck): readonly CompositionProblem[] {
  const choice = check.prompts.find(field.prompt);
  if (choice instanceof PromptError) return [];
  const coordinate = `${field.typeName}.${field.fieldName}`;
  const hints: CompositionProblem[] = [];
  const hint = (code: string, message: string, suggestedFix: string): void => {
    const places = [{ subgraph: check.source.name, origin: check.source.origin, line: field.line }];
    hints.push({ severity: 'hint', code, message: `${coordinate}: ${message}`, places, suggestedFix });
  };
  if (field.type.kind === Kind.NON_NULL_TYPE) {
    const message = 'a model may fail, and a field that is never null takes what it stands in with it';
    hint('AI_FIELD_NON_NULL', message, 'take the ! off its type');
  }
  // Which inputs a field's custom code reads cannot be determined.
  if (check.code?.fields.has(coordinate) !== true) {
    for (const name of [...field.requires, ...field.arguments]) {
      if (choice.versions.some(({ prompt }) => prompt.variables.has(name))) continue;
      hint('AI_INPUT_UNUSED', `the prompt never reads "${name}"`, 'take it out of the schema, or use it in the prompt');
    }
  }
  for (const { prompt } of choice.versions) {
    const supplied = suppliedTo(field, prompt, check.code);
    for (const name of schemaNames(prompt).required) {
      if (supplied.has(name)) continue;
      const message = `prompt "${prompt.name}" says that "${name}" is always there, and this field has none`;
      hint('AI_INPUT_MISSING', message, `write "${name}?" in the prompt’s input.schema, or supply it`);
    }
    const { closed } = schemaNames(prompt);
    for (const name of prompt.variables.keys()) {
      if (closed === undefined || closed.has(name)) continue;
      const message = `prompt "${prompt.name}" reads {{${name}}}, which its input.schema does not name`;
      hint('AI_INPUT_UNDECLARED', message, 'add it to input.schema: /v1/prompts takes nothing else');
    }
  }
  return hints;
}

/** @returns `closed`: the only property names allowed; undefined if the schema allows additional properties */
function schemaNames({ inputSchema }: Prompt): {
  readonly required: readonly string[];
  readonly closed: ReadonlySet<string> | undefined;
} {
  const { required, properties, additionalProperties } = inputSchema ?? {};
  return {
    required: Array.isArray(required) ? required.filter((name) => typeof name === 'string') : [],
    closed: additionalProperties === false ? new Set(Object.keys((properties as object | undefined) ?? {})) : undefined,
  };
}

/** A composite type of a subgraph: the type name of each field, and the possible types of an interface or union. */
interface CompositeType {
  readonly fields: Map<string, string>;
  readonly possible: Set<string>;
}

function typesOf(document: DocumentNode): ReadonlyMap<string, CompositeType> {
  const types = new Map<string, CompositeType>();
  const typeByName = (name: string): CompositeType => {
    let type = types.get(name);
    if (type === undefined) {
      type = { fields: new Map(), possible: new Set() };
      types.set(name, type);
    }
    return type;
  };
  for (const definition of document.definitions) {
    switch (definition.kind) {
      case Kind.OBJECT_TYPE_DEFINITION:
      case Kind.OBJECT_TYPE_EXTENSION:
      case Kind.INTERFACE_TYPE_DEFINITION:
      case Kind.INTERFACE_TYPE_EXTENSION: {
        const { name } = definition;
        for (const field of definition.fields ?? []) {
          typeByName(name.value).fields.set(field.name.value, namedType(field.type));
        }
        for (const interfaceNode of definition.interfaces ?? [])
          typeByName(interfaceNode.name.value).possible.add(name.value);
        break;
      }
      case Kind.UNION_TYPE_DEFINITION:
      case Kind.UNION_TYPE_EXTENSION:
        for (const member of definition.types ?? []) typeByName(definition.name.value).possible.add(member.name.value);
        break;
      default:
    }
  }
  return types;
}

function collectSensitive(
  types: ReadonlyMap<string, CompositeType>,
  typeName: string,
  { selections }: SelectionSetNode,
  sensitive: SensitiveFields,
  into: Map<string, string>,
): void {
  for (const selection of selections) {
    if (selection.kind === Kind.FRAGMENT_SPREAD) continue; // a field set has none
    if (selection.kind === Kind.INLINE_FRAGMENT) {
      const narrowed = selection.typeCondition?.name.value ?? typeName;
      collectSensitive(types, narrowed, selection.selectionSet, sensitive, into);
      continue;
    }
    const { name, selectionSet } = selection;
    for (const holder of [typeName, ...(types.get(typeName)?.possible ?? [])]) {
      const place = `${holder}.${name.value}`;
      const kind = sensitive.get(place);
      if (kind !== undefined) into.set(place, kind);
    }
    const below = types.get(typeName)?.fields.get(name.value);
    if (selectionSet !== undefined && below !== undefined) {
      collectSensitive(types, below, selectionSet, sensitive, into);
    }
  }
}
