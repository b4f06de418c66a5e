import { setImmediate as letOthersRun } from 'node:timers/promises';
import { type DocumentNode, Kind, parse } from 'graphql';
import { importedDirectives } from '../../../supergraph/index.ts';
import type { SensitiveFields } from './sensitive.ts';

/** The URL of the `@sensitive` specification, without its version. */
const aiSpecification = 'isthmus.dev/ai';

/**
 * Every `@sensitive` field of the subgraphs, with its kind: a field that one of them marks is sensitive wherever it is
 * read, also through an interface of its type (which another subgraph may know as an `@interfaceObject`), and so is a
 * field of a type whose interface is marked. SDL that cannot be parsed is composition's to report.
 */
export async function sensitiveFieldsOf(subgraphs: readonly { readonly sdl: string }[]): Promise<SensitiveFields> {
  const fields = new Map<string, string>();
  // Parsing a large subgraph takes time: it is skipped if nothing can be marked, and yields in between.
  if (!subgraphs.some(({ sdl }) => sdl.includes(aiSpecification))) return fields;
  const interfaces: Implementing[] = [];
  for (const { sdl } of subgraphs) {
    await letOthersRun();
    let document: DocumentNode;
    try {
      document = parse(sdl, { noLocation: true });
    } catch {
      continue;
    }
    addFields(document, fields);
    addInterfaces(document, interfaces);
  }
  for (const [coordinate, kind] of [...fields]) {
    const [typeName, field] = coordinate.split('.');
    for (const { type, of } of interfaces) {
      const related = type === typeName ? of : of === typeName ? type : undefined;
      if (related !== undefined && !fields.has(`${related}.${field}`)) fields.set(`${related}.${field}`, kind);
    }
  }
  return fields;
}

/** That a type is one of an interface's. */
interface Implementing {
  readonly type: string;
  readonly of: string;
}

function addInterfaces(document: DocumentNode, into: Implementing[]): void {
  for (const definition of document.definitions) {
    if (!('interfaces' in definition)) continue;
    for (const { name } of definition.interfaces ?? []) into.push({ type: definition.name.value, of: name.value });
  }
}

function addFields(document: DocumentNode, fields: Map<string, string>): void {
  const name = importedDirectives(document, 'ai').get('sensitive');
  if (name === undefined) return;
  for (const definition of document.definitions) {
    if (
      definition.kind !== Kind.OBJECT_TYPE_DEFINITION &&
      definition.kind !== Kind.OBJECT_TYPE_EXTENSION &&
      definition.kind !== Kind.INTERFACE_TYPE_DEFINITION &&
      definition.kind !== Kind.INTERFACE_TYPE_EXTENSION
    )
      continue;
    for (const field of definition.fields ?? []) {
      const directive = field.directives?.find((node) => node.name.value === name);
      if (directive === undefined) continue;
      const kind = directive.arguments?.find((argument) => argument.name.value === 'kind')?.value;
      fields.set(`${definition.name.value}.${field.name.value}`, kind?.kind === Kind.STRING ? kind.value : 'personal');
    }
  }
}
