export { readCompletionsRequest } from './read-completions-request.ts';
export { CompletionsStream, writeCompletions } from './write-completions.ts';
