export { readModerations } from './read-moderations.ts';
export { isOpenAiModerationModel, type ModerationsCall, readModerationsRequest } from './read-moderations-request.ts';
export { writeModerations } from './write-moderations.ts';
