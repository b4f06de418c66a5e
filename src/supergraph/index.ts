export { buildApiSchema } from './build-api-schema.ts';
export { compose } from './compose.ts';
export {
  type Composition,
  CompositionError,
  type CompositionProblem,
  formatProblems,
  type ProblemPlace,
  type SubgraphSource,
} from './composition.ts';
export { type Generation, Generations, type Lease } from './generations.ts';
export { aiDirectiveDefinitions, importedAiDirectives, linkAiDirectives } from './link-ai-directives.ts';
export { readSources } from './read-sources.ts';
export { type FileWatch, watchFiles } from './watch-files.ts';
