import type { SubgraphSource } from '../../../supergraph/index.ts';
import { aiFieldsOf } from '../ai-field.ts';
import { parseSource } from '../checks/check-ai-subgraph.ts';

/** @returns the prompt of each AI field, by the field's coordinate */
export function promptsOfFields(source: SubgraphSource): ReadonlyMap<string, string> {
  const document = parseSource(source);
  const fields = document === undefined ? [] : aiFieldsOf(document);
  return new Map(fields.map(({ typeName, fieldName, prompt }) => [`${typeName}.${fieldName}`, prompt]));
}
