/** A suggested fix for each composition problem a subgraph owner is likely to meet, by Apollo's code. */
const fixes: Readonly<Record<string, string>> = {
  CONTRACT_INVALID: 'tag what still refers to it as well, or do not leave it out',
  CONTRACT_TAG_UNKNOWN: 'write a tag of the subgraphs’ @tag, or add @tag to what the contract is about',
  SECURITY_FEATURE_NOT_ENFORCED: 'remove it, or link a version that Isthmus enforces',
  SUBGRAPH_URL_MISSING: 'name its URL under supergraph.routing_urls',
  SUPERGRAPH_INVALID: 'name what a federation composer has written: SDL with join__Graph',
  SUPERGRAPH_NOT_EXECUTABLE: 'serve it with the router that its subgraphs were written for',
  SUPERGRAPH_UNAVAILABLE: 'correct the keys under supergraph in supergraph.yaml, or start what serves it',
  LIST_SIZE_INVALID_SLICING_ARGUMENT: 'name an Int argument of the field, or the path to one such as "input.first"',
  LIST_SIZE_INVALID_SIZED_FIELD: 'name a list of the returned type, or the path to one such as "page.edges"',
  INVALID_GRAPHQL: 'correct the SDL at the line shown; every type it names must be defined in the same subgraph',
  DIRECTIVE_DEFINITION_INVALID: 'remove the definition; linking the spec supplies it',
  UNKNOWN_FEDERATION_LINK_VERSION: 'link a federation version from v2.0 to v2.14',
  UNSUPPORTED_LINKED_FEATURE: 'remove the @link, or link a version that is known',
  INVALID_LINK_IDENTIFIER: 'write the link as https://…/name/v1.0',
  INVALID_LINK_DIRECTIVE_USAGE: 'import each element once, with @ before directive names',
  LINK_IMPORT_NAME_MISMATCH: 'import the element under the same name in every subgraph',
  KEY_INVALID_FIELDS: 'name fields of this type in @key(fields:), or add the field it names to the type',
  KEY_FIELDS_SELECT_INVALID_TYPE: 'a @key may not select lists, interfaces or unions; choose other fields',
  KEY_FIELDS_HAS_ARGS: 'choose key fields without arguments',
  REQUIRES_INVALID_FIELDS: 'name fields of this type in @requires(fields:) and declare them here with @external',
  REQUIRES_MISSING_EXTERNAL: 'declare the required field in this subgraph with @external',
  PROVIDES_INVALID_FIELDS: 'name fields of the returned type in @provides(fields:)',
  PROVIDES_MISSING_EXTERNAL: 'declare the provided field in this subgraph with @external',
  PROVIDES_ON_NON_OBJECT_FIELD: 'put @provides on fields that return an object',
  EXTERNAL_UNUSED: 'remove the @external field, or use it in a @requires, @provides or @key',
  EXTERNAL_MISSING_ON_BASE: 'define the field in the subgraph that owns it, or remove the @external one',
  EXTERNAL_TYPE_MISMATCH: 'give the @external field the type its owner gives it',
  EXTERNAL_ARGUMENT_MISSING: 'give the @external field the arguments its owner gives it',
  EXTERNAL_ARGUMENT_TYPE_MISMATCH: 'give the argument of the @external field the type its owner gives it',
  EXTERNAL_ARGUMENT_DEFAULT_MISMATCH: 'give the argument of the @external field the default its owner gives it',
  FIELD_TYPE_MISMATCH: 'give the field one type in all subgraphs, or compatible ones (String and String!)',
  ARGUMENT_TYPE_MISMATCH: 'give the argument one type in all subgraphs',
  ARGUMENT_DEFAULT_MISMATCH: 'give the argument one default value in all subgraphs',
  INPUT_FIELD_DEFAULT_MISMATCH: 'give the input field one default value in all subgraphs',
  TYPE_KIND_MISMATCH: 'make the type the same kind (object, interface, …) in all subgraphs',
  INVALID_FIELD_SHARING:
    'mark the field @shareable in every subgraph that resolves it, or resolve it in one only (@override moves it)',
  REQUIRED_ARGUMENT_MISSING_IN_SOME_SUBGRAPH: 'add the argument everywhere, or make it optional',
  REQUIRED_INPUT_FIELD_MISSING_IN_SOME_SUBGRAPH: 'add the input field everywhere, or make it optional',
  EMPTY_MERGED_INPUT_TYPE: 'give the input type at least one field that all subgraphs have',
  ENUM_VALUE_MISMATCH: 'give the enum the same values in all subgraphs: it is used both as input and as output',
  EMPTY_MERGED_ENUM_TYPE: 'give the enum at least one value that all subgraphs have',
  NO_QUERIES: 'give at least one subgraph a field on Query',
  INVALID_SUBGRAPH_NAME: 'rename the subgraph; __federation and empty names are reserved',
  INTERFACE_FIELD_NO_IMPLEM: 'add the interface’s field to every type that implements it',
  INTERFACE_OBJECT_USAGE_ERROR:
    'use @interfaceObject on an entity whose interface another subgraph defines with the same @key',
  INTERFACE_KEY_NOT_ON_IMPLEMENTATION: 'give every implementation the interface’s @key',
  INTERFACE_KEY_MISSING_IMPLEMENTATION_TYPE:
    'define every implementation in the subgraph that puts @key on the interface',
  OVERRIDE_FROM_SELF_ERROR: 'name another subgraph in @override(from:)',
  OVERRIDE_SOURCE_HAS_OVERRIDE: 'remove one of the two @override directives',
  OVERRIDE_COLLISION_WITH_ANOTHER_DIRECTIVE: 'remove @external, @requires or @provides beside @override',
  OVERRIDE_LABEL_INVALID: 'write the label as percent(0 to 100) or a name of letters, digits and _-:./',
  DIRECTIVE_COMPOSITION_ERROR: 'link the directive’s spec by one URL and version in every subgraph',
  SATISFIABILITY_ERROR:
    'make the field reachable: give the type a @key that the subgraph with the field shares, or mark the field @shareable where the path begins',
  SHAREABLE_HAS_MISMATCHED_RUNTIME_TYPES:
    'return the same runtime types from every subgraph, or resolve the field in one',
  MISSING_TRANSITIVE_AUTH_REQUIREMENTS:
    'put on this field the access rule of the field its @requires or @fromContext reads',
  REFERENCED_INACCESSIBLE: 'mark what refers to it @inaccessible too',
  FROM_SUBGRAPH_DOES_NOT_EXIST: 'correct the subgraph’s name in @override(from:)',
  OVERRIDDEN_FIELD_CAN_BE_REMOVED: 'remove the overridden field from the old subgraph',
  OVERRIDE_DIRECTIVE_CAN_BE_REMOVED: 'remove @override: the old subgraph no longer has the field',
  SUBSCRIPTION_NOT_SERVED: 'no change is required; until then, clients can poll a field of Query',
  UNUSED_ENUM_TYPE: 'remove the enum, or use it',
  INCONSISTENT_DESCRIPTION: 'write one description in all subgraphs',
  INCONSISTENT_ARGUMENT_PRESENCE: 'add the argument in every subgraph, or remove it',
  INCONSISTENT_BUT_COMPATIBLE_FIELD_TYPE: 'no change is required; one type in all subgraphs is clearer',
  INCONSISTENT_ENTITY: 'give the type a @key in every subgraph, or in none',
};

/**
 * A sentence that says what to do about a problem.
 * @param description Apollo's description of the code, used for codes that are not listed here
 */
export function suggestedFixFor(code: string, description: string | undefined): string {
  const listedFix = Object.hasOwn(fixes, code) ? fixes[code] : undefined;
  if (listedFix !== undefined) return listedFix;
  return description === undefined || description === ''
    ? 'change the place shown so that all subgraphs agree'
    : `change the place shown; the rule is: ${description}`;
}
