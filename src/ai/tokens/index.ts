export { charactersPerToken, estimateTokens } from './estimate-tokens.ts';
export { estimateInputTokens, estimateUsage } from './estimate-usage.ts';
