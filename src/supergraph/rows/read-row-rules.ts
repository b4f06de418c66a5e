/** Reads the rules of `@rows` from a supergraph, under whatever name the directive is imported. */
import { type ConstDirectiveNode, type DocumentNode, Kind } from 'graphql';
import { stringArgument } from '../directives/links.ts';
import { importedDirectives } from '../directives/own-directives.ts';

/** One `@rows`: objects that its policy denies are left out. */
export interface RowRule {
  /** `Review`: wherever such an object is returned. `Product.reviews`: where this field returns it. */
  readonly coordinate: string;
  readonly policy: string;
  /** What the policy reads of the object, as the directive has it. */
  readonly fields: string;
  readonly denied: 'drop' | 'null';
}

export function readRowRules(supergraph: DocumentNode): readonly RowRule[] {
  const name = importedDirectives(supergraph, 'access').get('rows');
  if (name === undefined) return [];
  const rules: RowRule[] = [];
  const add = (coordinate: string, directives: readonly ConstDirectiveNode[] = []): void => {
    for (const directive of directives) {
      if (directive.name.value !== name) continue;
      rules.push({
        coordinate,
        policy: stringArgument(directive, 'policy') ?? '',
        fields: stringArgument(directive, 'fields') ?? '',
        denied: stringArgument(directive, 'denied') === 'null' ? 'null' : 'drop',
      });
    }
  };
  for (const definition of supergraph.definitions) {
    if (definition.kind !== Kind.OBJECT_TYPE_DEFINITION) continue;
    add(definition.name.value, definition.directives);
    for (const field of definition.fields ?? []) add(`${definition.name.value}.${field.name.value}`, field.directives);
  }
  return rules;
}
