/** A model of a provider, written `<provider>/<model id>`. */
export interface ModelReference {
  readonly provider: string;
  readonly model: string;
}

export function formatModelReference(reference: ModelReference): string {
  return `${reference.provider}/${reference.model}`;
}
