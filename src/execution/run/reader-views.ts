/**
 * How the caller of an operation reads what answers of in-process subgraphs are made from: what access denies or masks, and
 * what clients do not see at all. One object for each outcome and contract, by which subgraphs can keep what they derive of it.
 */
import { type FieldNode, type GraphQLSchema, isObjectType, print } from 'graphql';
import type { Denials } from '../../access/index.ts';
import type { FieldSource, FieldSources } from '../../supergraph/index.ts';
import type { FieldReading, ReaderView } from '../../transport/index.ts';

/** A field that no rule is known of: nothing of it is shown. */
const unknown: FieldReading = { isReadable: false, masks: new Map() };

export class ReaderViews {
  readonly #sources: ReadonlyMap<string, FieldSource>;
  readonly #views = new WeakMap<GraphQLSchema, { whole: ReaderView; ofDenials: WeakMap<Denials, ReaderView> }>();

  constructor(sources: FieldSources) {
    this.#sources = new Map([...sources.values()].flat().map((source) => [keyOf(source.type, source.node), source]));
  }

  /** @param schema what the operation was validated against */
  of(schema: GraphQLSchema, denials: Denials | undefined): ReaderView {
    let views = this.#views.get(schema);
    if (views === undefined) {
      views = { whole: this.#view(schema, undefined), ofDenials: new WeakMap() };
      this.#views.set(schema, views);
    }
    if (denials === undefined) return views.whole;
    let view = views.ofDenials.get(denials);
    if (view === undefined) {
      view = this.#view(schema, denials);
      views.ofDenials.set(denials, view);
    }
    return view;
  }

  #view(schema: GraphQLSchema, denials: Denials | undefined): ReaderView {
    return {
      readingOf: (type, node) => {
        const source = this.#sources.get(keyOf(type, node));
        if (source === undefined) return unknown;
        const { isReadable, masks } = denials?.readingOf(source) ?? wholeReading(source);
        return { isReadable: isReadable && isSeen(schema, source), masks };
      },
    };
  }
}

/** Of a field that nothing protects. */
export function wholeReading({ objects }: FieldSource): FieldReading {
  return { isReadable: true, masks: new Map(objects.map((type) => [type, undefined])) };
}

/** Whether clients can select it of every object that it may be of. */
function isSeen(schema: GraphQLSchema, { objects, node }: FieldSource): boolean {
  return objects.every((name) => {
    const type = schema.getType(name);
    return isObjectType(type) && type.getFields()[node.name.value] !== undefined;
  });
}

function keyOf(type: string, { name, arguments: args = [] }: FieldNode): string {
  return `${type}.${name.value}(${args.map(print).sort().join()})`;
}
