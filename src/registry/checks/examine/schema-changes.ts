/** The changes from one API schema to another, by `@graphql-inspector/core`: in a worker, as those of 10,000 types take 0.5 s. */
import { type Change, CriticalityLevel, diff } from '@graphql-inspector/core';
import { buildASTSchema, type GraphQLSchema, parse } from 'graphql';
import { SchemaUses } from './schema-uses.ts';
import { suggestedFixOf } from './suggested-fix-of.ts';
import { usesOf } from './uses-of.ts';

export interface SchemaChange {
  /** One of `ChangeType`. */
  readonly kind: string;
  readonly level: 'breaking' | 'dangerous' | 'safe';
  /** `Type`, `Type.field`, `Type.field.argument`, `Enum.VALUE`, `@directive`; undefined: the schema itself. */
  readonly coordinate: string | undefined;
  readonly message: string;
  readonly suggestedFix: string | undefined;
  /**
   * An operation that it breaks uses one of these; of a change that is safe, none are named. Undefined: uses of it are not
   * counted, such as those of directives in documents.
   */
  readonly uses: readonly string[] | undefined;
}

/** SDL of schemas that composition has validated. */
export async function schemaChanges(before: string, after: string): Promise<readonly SchemaChange[]> {
  const [earlier, later] = [schemaOf(before), schemaOf(after)];
  const changes = await diff(earlier, later);
  const schemaUses = new SchemaUses(earlier);
  const newTypes = new Set(changes.flatMap(({ type, path }) => (type === 'TYPE_ADDED' ? (path ?? []) : [])));
  return changes.flatMap((change) => {
    if (isRepeated(change, newTypes)) return [];
    const coordinate = coordinateOf(change);
    const level = levels[change.criticality.level];
    const uses = level === 'safe' ? [] : usesOf(change, schemaUses);
    const message = change.message.replace(/\.$/, '');
    return [{ kind: change.type, level, coordinate, message, suggestedFix: suggestedFixOf(change.type, level), uses }];
  });
}

const levels = {
  [CriticalityLevel.Breaking]: 'breaking',
  [CriticalityLevel.Dangerous]: 'dangerous',
  [CriticalityLevel.NonBreaking]: 'safe',
} as const;

function schemaOf(sdl: string): GraphQLSchema {
  return buildASTSchema(parse(sdl), { assumeValid: true, assumeValidSDL: true });
}

/** Whatever a new type has is new with it, and `@deprecated` has changes of its own. */
function isRepeated({ type, path, meta }: Change, newTypes: ReadonlySet<string>): boolean {
  if (type === 'TYPE_ADDED') return false;
  const [first = ''] = (path ?? '').split('.');
  return newTypes.has(first) || (type.startsWith('DIRECTIVE_USAGE_') && isDeprecation(meta));
}

function isDeprecation(meta: unknown): boolean {
  const { addedDirectiveName, removedDirectiveName, directiveName } = meta as Record<string, unknown>;
  return [addedDirectiveName, removedDirectiveName, directiveName].includes('deprecated');
}

/** Without the directive of an element, which is no element. */
function coordinateOf({ path }: Change): string | undefined {
  if (path === undefined) return undefined;
  const coordinate = path.startsWith('@') ? path : path.replace(/\.?@.*$/, '');
  return coordinate === '' ? undefined : coordinate;
}
