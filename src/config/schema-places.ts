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

/** Where else this key stands, such as `server` for `port`: the first place, the least deep. */
export function placeOfKey(key: string): readonly string[] | undefined {
  let places: { readonly path: readonly string[]; readonly node: SchemaNode }[] = [
    { path: [], node: configJsonSchema() as SchemaNode },
  ];
  while (places.length > 0) {
    const next: typeof places = [];
    for (const { path, node } of places) {
      for (const form of flat([node])) {
        if (path.length > 0 && form.properties !== undefined && Object.hasOwn(form.properties, key)) return path;
        for (const [name, inner] of Object.entries(form.properties ?? {}))
          next.push({ path: [...path, name], node: inner });
      }
    }
    places = next;
  }
  return undefined;
}

function flat(nodes: readonly SchemaNode[]): readonly SchemaNode[] {
  return nodes.flatMap((node) => {
    const forms = node.anyOf ?? node.oneOf;
    return forms === undefined ? [node] : flat(forms);
  });
}
