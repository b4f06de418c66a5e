export { missingLocalPackages } from './local-packages.ts';
export { createLocalProvider } from './local-provider.ts';
