/**
 * Mends a defect of Apollo's planner where it stands; loading this file is all there is to do.
 *
 * To save a fetch, the planner asks a selection whether it could be made in an earlier fetch to another subgraph
 * (`canRebaseOn`), and takes a subgraph's mere knowing of a field for an answer. A subgraph also knows its @external
 * fields, which it cannot resolve, and its fields with @requires, which it can resolve only for a representation. So
 * where a required field requires another in turn, the plan asks for fields that are not there. With this, a selection
 * with such a field stays where it is: each of the planner's three uses then goes the way it goes for a field that the
 * subgraph does not know at all, which is never wrong, at most a fetch longer.
 */
import {
  baseType,
  type CompositeType,
  type FieldDefinition,
  federationMetadata,
  isCompositeType,
  SelectionSet,
  type SelectionSet as Selections,
} from '@apollo/federation-internals';

const { canRebaseOn } = SelectionSet.prototype;

SelectionSet.prototype.canRebaseOn = function (this: Selections, parentType: CompositeType): boolean {
  return canRebaseOn.call(this, parentType) && isResolvedBy(parentType, this);
};

function isResolvedBy(type: CompositeType, selectionSet: Selections): boolean {
  const schema = type.schema();
  const metadata = federationMetadata(schema);
  if (metadata === undefined) return true;
  return selectionSet.selections().every((selection) => {
    if (selection.kind === 'FragmentSelection') {
      const narrowed = schema.type(selection.element.typeCondition?.name ?? type.name);
      const inner = narrowed !== undefined && isCompositeType(narrowed) ? narrowed : type;
      return isResolvedBy(inner, selection.selectionSet);
    }
    const field = 'field' in type ? (type.field(selection.element.name) as FieldDefinition<CompositeType>) : undefined;
    if (field === undefined || selection.element.name === '__typename') return true;
    if (metadata.isFieldExternal(field) || field.hasAppliedDirective(metadata.requiresDirective())) return false;
    const returned = field.type === undefined ? undefined : baseType(field.type);
    if (selection.selectionSet === undefined || returned === undefined || !isCompositeType(returned)) return true;
    return isResolvedBy(returned, selection.selectionSet);
  });
}
