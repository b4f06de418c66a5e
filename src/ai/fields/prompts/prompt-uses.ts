/** The AI fields that use a prompt, with their settings of the request: a prompt is tested as the graph uses it. */
import { isObjectType } from 'graphql';
import type { SubgraphSource } from '../../../supergraph/index.ts';
import { aiFieldsOf } from '../ai-field.ts';
import { buildSchema, parseSource } from '../checks/check-ai-subgraph.ts';
import { type FieldOutput, fieldOutput } from '../output/field-output.ts';

export interface PromptUse {
  /** `Type.field`. */
  readonly coordinate: string;
  /** The whole type of the field. */
  readonly output: FieldOutput;
  readonly model: string | undefined;
  readonly maxOutputTokens: number | undefined;
  /** The default values of the field's arguments. */
  readonly defaults: Readonly<Record<string, unknown>>;
}

/**
 * @returns the fields by prompt name, without version or label, one for each distinct output form; undefined if the schema
 *   cannot be built; composition reports that
 */
export function promptUses(source: SubgraphSource): ReadonlyMap<string, readonly PromptUse[]> | undefined {
  const document = parseSource(source);
  const schema = document === undefined ? undefined : buildSchema(document);
  if (document === undefined || schema === undefined) return undefined;
  const uses = new Map<string, PromptUse[]>();
  for (const { typeName, fieldName, prompt, model, maxOutputTokens } of aiFieldsOf(document)) {
    const parent = schema.getType(typeName);
    const field = isObjectType(parent) ? parent.getFields()[fieldName] : undefined;
    if (field === undefined) continue;
    const [name = ''] = prompt.split(/[@#]/);
    const output = fieldOutput({ schema, name: `${typeName}_${fieldName}`, type: field.type });
    const usesOfPrompt = uses.get(name) ?? [];
    if (usesOfPrompt.some((use) => use.output.hash === output.hash)) continue;
    const defaults = Object.fromEntries(
      field.args.flatMap((argument) =>
        argument.defaultValue === undefined ? [] : [[argument.name, argument.defaultValue]],
      ),
    );
    uses.set(name, [
      ...usesOfPrompt,
      { coordinate: `${typeName}.${fieldName}`, output, model, maxOutputTokens, defaults },
    ]);
  }
  return uses;
}
