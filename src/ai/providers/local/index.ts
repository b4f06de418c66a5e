export { createLocalModels, type LocalModels } from './local-models.ts';
export { missingLocalPackages } from './local-packages.ts';
export { createLocalProvider } from './local-provider.ts';
export { createPortLocalModels, serveLocalModels } from './port-local-models.ts';
