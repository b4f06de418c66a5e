/** Writes prompt-cache marks (`CacheMark`) as options of the packages whose providers support them. */
import type { SharedV4ProviderOptions } from '@ai-sdk/provider';
import type { CacheMark } from '../../model-call/index.ts';
import type { AiSdkPackageFacts } from './package-dialect.ts';

export function markOptions(
  mark: CacheMark | undefined,
  { dialect, namespace }: AiSdkPackageFacts,
): SharedV4ProviderOptions | undefined {
  if (mark === undefined) return undefined;
  // Five minutes is the default of both.
  const ttl = mark.ttl === '1h' ? { ttl: mark.ttl } : {};
  if (dialect === 'bedrock') return { [namespace]: { cachePoint: { type: 'default', ...ttl } } };
  return undefined;
}

/** The options of a part, including its mark. */
export function withMark<Part extends { readonly providerOptions?: SharedV4ProviderOptions }>(
  part: Part,
  mark: CacheMark | undefined,
  facts: AiSdkPackageFacts,
): Part {
  const options = markOptions(mark, facts);
  if (options === undefined) return part;
  const { namespace } = facts;
  const before = part.providerOptions;
  return {
    ...part,
    providerOptions: { ...before, [namespace]: { ...before?.[namespace], ...options[namespace] } },
  };
}
