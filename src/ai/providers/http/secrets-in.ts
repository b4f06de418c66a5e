import { recordOf } from '../../model-call/index.ts';

/**
 * The values of a provider's settings that are credentials by their name: keys, tokens, headers that contain them, at
 * any depth.
 */
export function secretsIn(settings: unknown, isSecret = false, depth = 0): readonly string[] {
  if (typeof settings === 'string') return isSecret && settings !== '' ? [settings] : [];
  if (depth > 4) return [];
  return Object.entries(recordOf(settings)).flatMap(([name, value]) =>
    secretsIn(value, isSecret || /key|token|secret|password|credential|auth|cookie/i.test(name), depth + 1),
  );
}
