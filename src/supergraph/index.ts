export { buildApiSchema } from './build-api-schema.ts';
export type { Fallbacks } from './caching/read-fallbacks.ts';
export { directivesOf, leavesOf } from './caching/types-in-subgraph.ts';
export { type AdoptedSupergraph, compose } from './compose.ts';
export {
  type Composition,
  CompositionError,
  type CompositionProblem,
  formatProblems,
  problemFields,
  type SubgraphSource,
} from './composition.ts';
export { type BrokenRule, type CompiledConstraint, compileConstraint } from './constraints/compile-constraint.ts';
export type { Constraints } from './constraints/constraint.ts';
export { argumentCoordinate } from './constraints/read-constraints.ts';
export { coordinatesOf, type HiddenElements } from './contracts/hidden-elements.ts';
export { unreachableTypes } from './contracts/unreachable-types.ts';
export type { CostedField, CostedInput, CostTypes, ListSize, SlicingArgument } from './costs/cost-types.ts';
export { federationNamesOf, importsOf, linksOf, stringArgument } from './directives/links.ts';
export { importedDirectives, linkOwnDirectives } from './directives/own-directives.ts';
export type { AccessRule, AccessRules, MaskForm } from './directives/read-access-rules.ts';
export type { FieldRate, FieldRates } from './directives/read-field-rates.ts';
export { FollowedSupergraph } from './external/followed-supergraph.ts';
export { readExternalSupergraph } from './external/read-external-supergraph.ts';
export { supergraphUnavailable } from './external/read-supergraph-text.ts';
export { type Generation, Generations } from './generations.ts';
export { introspectSdl, SchemaRefusedError } from './introspect-sdl.ts';
export { IntrospectedSchemas } from './introspected-schemas.ts';
export { conditionsOutcome, isIncluded } from './is-included.ts';
export type { FieldSource, FieldSources } from './read-field-sources.ts';
export { type RequiredFields, readRequiredFields } from './read-required-fields.ts';
export { type ReadSourcesOptions, readSources, reasonOf, schemaUnavailable } from './read-sources.ts';
export { rootNamesIn } from './root-types.ts';
export { parseFieldSet } from './rows/field-set.ts';
export type { RowRule } from './rows/read-row-rules.ts';
export type { RowLookup, RowSupply, RowTable } from './rows/row-table.ts';
export { createSdlStore } from './sdl-store.ts';
export { suggestGraphqlFix } from './suggest-graphql-fix.ts';
export { type FileWatch, watchFiles } from './watch/watch-files.ts';
export { watchedPaths } from './watch/watched-paths.ts';
