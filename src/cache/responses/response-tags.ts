/** What whole answers are invalidated by. */
export const responseTags = {
  subgraph: (subgraph: string): string => `subgraph:${subgraph}`,
  /** A type as a subgraph has it. */
  type: (subgraph: string, type: string): string => `type:${subgraph}.${type}`,
  operation: (name: string): string => `operation:${name}`,
};

/** As many as every store keeps. An answer that would need more is not cached, so that none escapes an invalidation. */
export const maxResponseTags = 60;
