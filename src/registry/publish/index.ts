export type { ChangedContent, ContentChange, UploadedSubgraph } from './change-content.ts';
export { createRegistry, type RegistryParts } from './create-registry.ts';
export { ownSubgraphs } from './own-subgraphs.ts';
export {
  type Author,
  type Candidate,
  type ComposedSdl,
  type GenerationName,
  type Published,
  type PublishOptions,
  Registry,
} from './registry.ts';
export { RegistryError } from './registry-error.ts';
