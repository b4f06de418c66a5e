/** What the JSON Schema of supergraph.yaml says of a place in it: for messages about what stands there. */
import { configJsonSchema } from './json-schema.ts';
import type { YamlPath } from './read-yaml.ts';

export interface SchemaNode {
  readonly type?: string;
  readonly pattern?: string;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly additionalProperties?: SchemaNode | boolean;
  readonly items?: SchemaNode;
  readonly anyOf?: readonly SchemaNode[];
  readonly oneOf?: readonly SchemaNode[];
}

/** Every form that the value at a path may have; empty where there is no such place. */
export function schemaNodesAt(path: YamlPath): readonly SchemaNode[] {
  let nodes = flat([configJsonSchema() as SchemaNode]);
  for (const step of path) {
    nodes = flat(
      nodes.flatMap((node) => {
        if (typeof step === 'number') return node.items === undefined ? [] : [node.items];
        const direct =
          node.properties !== undefined && Object.hasOwn(node.properties, step) ? node.properties[step] : undefined;
        if (direct !== undefined) return [direct];
        return typeof node.additionalProperties === 'object' ? [node.additionalProperties] : [];
      }),
    );
  }
  return nodes;
}

/** The keys there may be at a path. */
export function keysAt(path: YamlPath): readonly string[] {
  return [...new Set(schemaNodesAt(path).flatMap((node) => Object.keys(node.properties ?? {})))];
}

/** How deep a section may stand that is suggested for a key: `traffic.all.breaker`. */
const suggestedDepth = 3;

/** The sections that have this key, such as `server` for `port`, in the order of the schema. */
export function placesOfKey(key: string): readonly (readonly string[])[] {
  const places: (readonly string[])[] = [];
  const visit = (node: SchemaNode, path: readonly string[]): void => {
    for (const { properties = {} } of flat([node])) {
      if (path.length > 0 && Object.hasOwn(properties, key)) places.push(path);
      if (path.length === suggestedDepth) continue;
      for (const [name, inner] of Object.entries(properties)) visit(inner, [...path, name]);
    }
  };
  visit(configJsonSchema() as SchemaNode, []);
  return places;
}

function flat(nodes: readonly SchemaNode[]): readonly SchemaNode[] {
  return nodes.flatMap((node) => {
    const forms = node.anyOf ?? node.oneOf;
    return forms === undefined ? [node] : flat(forms);
  });
}
