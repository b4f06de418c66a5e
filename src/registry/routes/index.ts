export { Changelog } from './changelog.ts';
export {
  createRegistryRoutes,
  isRegistryPath,
  type LabelledGeneration,
  type RegistryAnswer,
  type RegistryRoutes,
} from './create-registry-routes.ts';
export { PublicationWebhook } from './publication-webhook.ts';
export { type PublishRights, publishRightsOf, publishScope } from './publish-rights.ts';
export { RegistryChecks } from './registry-checks.ts';
