export { checkAiSdkPackage } from './ai-sdk-package.ts';
export { createAiSdkProvider } from './ai-sdk-provider.ts';
