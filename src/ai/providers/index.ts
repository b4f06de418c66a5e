export { createProviders } from './create-providers.ts';
export { refuseMissingPackages } from './refuse-missing-packages.ts';
