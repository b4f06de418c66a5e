export { contentFolderOf, isWhole, keepContentFolders, writeContentFolder } from './content-folder.ts';
export {
  contentHashOf,
  emptyContent,
  type GenerationContent,
  type GenerationSettings,
  generationContent,
  operationsFolder,
  promptsFolder,
  type SubgraphContent,
  schemaFile,
  type Texts,
} from './generation-content.ts';
export { hashOfText } from './hash-of-text.ts';
export { overlayOf } from './overlay.ts';
export {
  type Canary,
  type GenerationChange,
  type PublishedGeneration,
  publishedGeneration,
} from './published-generation.ts';
export { createSigningKey, isSignedBy, type SigningKey } from './signatures.ts';
