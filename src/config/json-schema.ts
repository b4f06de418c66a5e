import { z } from 'zod';
import { supergraphYaml } from './supergraph-yaml.ts';

/** The JSON Schema of supergraph.yaml, for editors; written to `schema/supergraph.schema.json` by `isthmus config schema`. */
export function configJsonSchema(): Readonly<Record<string, unknown>> {
  const schema = z.toJSONSchema(supergraphYaml, { io: 'input', unrepresentable: 'any' });
  return { $schema: schema.$schema, title: 'supergraph.yaml of Isthmus', ...schema };
}
