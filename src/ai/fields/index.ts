export { type AiSubgraphOptions, createAiSubgraph } from './ai-subgraph.ts';
export { type AiSubgraphCheck, checkAiSubgraph } from './check-ai-subgraph.ts';
export { type PromptFolder, readPromptFolder } from './prompt-folder.ts';
