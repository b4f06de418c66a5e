export { Adaptation, adaptationOf } from './adaptation.ts';
export {
  cacheMarksOf,
  hasCacheMarks,
  limitMarks,
  mapRequest,
  markedAtEnd,
  moveToolMarks,
  withoutCacheMarks,
} from './cache-marks.ts';
export { type ClaudeFacts, claudeFactsOf } from './claude-facts.ts';
export { reportRemoved, withEffort, withinOutputLimit, withoutOptional } from './fit-request.ts';
export { effortOfBudget, factsOfModel, nearestEffort } from './model-facts.ts';
