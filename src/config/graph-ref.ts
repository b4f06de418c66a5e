/** A graph and one of its variants, as `graph@variant`: the form that Rover's commands take. */

export interface GraphRef {
  readonly graph: string;
  readonly variant: string;
}

/** The variant where a reference names none, as with Apollo's registry. */
export const defaultVariant = 'current';

/** What a name of a graph or a variant has. */
export const graphNameRule = 'each has at most 64 letters, digits, _ and -, and begins with a letter';

const name = '[A-Za-z][A-Za-z0-9_-]{0,63}';
/** Of a graph, and of a variant. */
export const graphNamePattern = new RegExp(`^${name}$`);
const pattern = new RegExp(`^(${name})(?:@(${name}))?$`);

/** @returns undefined for a text that is none */
export function parseGraphRef(text: string): GraphRef | undefined {
  const [, graph, variant = defaultVariant] = pattern.exec(text) ?? [];
  return graph === undefined ? undefined : { graph, variant };
}

export function formatGraphRef({ graph, variant }: GraphRef): string {
  return `${graph}@${variant}`;
}
