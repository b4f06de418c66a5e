/** A model of a provider, written `<provider>/<model id>`. */
export interface ModelReference {
  readonly provider: string;
  readonly model: string;
}

/**
 * Reads a model reference. It is split at the first `/`, so that a model id may hold more of them
 * (`router/meta-llama/llama-3`). `undefined` where either side is empty or there is no `/`.
 */
export function parseModelReference(text: string): ModelReference | undefined {
  const slash = text.indexOf('/');
  if (slash <= 0 || slash === text.length - 1) return undefined;
  return { provider: text.slice(0, slash), model: text.slice(slash + 1) };
}

export function formatModelReference(reference: ModelReference): string {
  return `${reference.provider}/${reference.model}`;
}
