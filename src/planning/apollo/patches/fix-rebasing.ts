/**
 * Patches a defect of Apollo's planner; importing this file applies the patch.
 *
 * To save a fetch, the planner checks whether a selection can move to an earlier fetch of another subgraph
 * (`canRebaseOn`), but only whether that subgraph declares the fields. A subgraph also declares its @external fields,
 * which it cannot resolve, and its fields with @requires, which it can resolve only for a representation. So if a
 * required field requires another in turn, the plan selects fields that cannot be resolved. With this patch a selection
 * with such a field is not moved. The planner then proceeds as for a field that the subgraph does not declare, which is
 * always correct and at most one fetch longer.
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
