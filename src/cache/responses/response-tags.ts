/** What whole answers are invalidated by. */
export const responseTags = {
  subgraph: (subgraph: string): string => `subgraph:${subgraph}`,
  /** A type as a subgraph has it. */
  type: (subgraph: string, type: string): string => `type:${subgraph}.${type}`,
  operation: (name: string): string => `operation:${name}`,
};

/** Of an answer with more, groups of tags are coarsened, so that none escapes an invalidation. With its tenant’s, every store takes as many. */
export const maxResponseTags = 50;
