export { Adaptation, adaptationOf } from './adaptation.ts';
export {
  cacheMarksOf,
  hasCacheMarks,
  mapRequest,
  markedAtEnd,
  marksOffTools,
  withinMarks,
  withoutCacheMarks,
} from './cache-marks.ts';
export { type ClaudeFacts, claudeFactsOf } from './claude-facts.ts';
export { tellRemoved, withEffort, withinOutputLimit, withoutOptional } from './fit-request.ts';
export { effortOfBudget, factsOfModel, nearestEffort } from './model-facts.ts';
