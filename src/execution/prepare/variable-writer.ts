/** Writes the variables of a normalised operation as JSON text. */
import type { NormalisedOperation } from '../../planning/index.ts';

/** @returns a function from a variable's name to its JSON text: a literal's as it is, a client's value printed once */
export function variableWriter(
  { variables: sources }: NormalisedOperation,
  values: Readonly<Record<string, unknown>>,
): (name: string) => string | undefined {
  const texts = new Map<string, string | undefined>();
  return (name) => {
    const source = sources.get(name);
    if (source === undefined) return undefined;
    if (source.kind === 'literal') return source.json;
    if (!texts.has(name)) {
      const value = Object.hasOwn(values, source.name) ? values[source.name] : undefined;
      texts.set(name, value === undefined ? source.fallbackJson : JSON.stringify(value));
    }
    return texts.get(name);
  };
}
