export { type FollowedGeneration, type FollowedGenerations, RegistryFollower } from './follower.ts';
export type {
  EndedCanary,
  GenerationFeed,
  KnownGenerations,
  ServedGenerations,
  SignedGeneration,
} from './generation-feed.ts';
export { isSameServed, nameOfKnown } from './generation-feed.ts';
export { createHttpFeed } from './http-feed.ts';
export { servedOf } from './served-of.ts';
export { createStoreFeed, signingKeyOf } from './store-feed.ts';
