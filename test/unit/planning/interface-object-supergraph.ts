import type { DocumentNode } from 'graphql';
import { supergraphOf } from './kit.ts';

/** Subgraph `a` has Media as an interface object with a score; `b` has its types. */
export const interfaceObjectSupergraph: DocumentNode = supergraphOf(`
  type Query @join__type(graph: A) @join__type(graph: B) {
    rated: Media @join__field(graph: A)
    media: Media @join__field(graph: B)
  }
  interface Media @join__type(graph: A, key: "id", isInterfaceObject: true) @join__type(graph: B, key: "id") {
    id: ID!
    title: String @join__field(graph: B)
    score(plus: Int): Int @join__field(graph: A)
    votes: Int @join__field(graph: A)
  }
  type Film implements Media @join__implements(graph: B, interface: "Media") @join__type(graph: B, key: "id") {
    id: ID!
    title: String @join__field(graph: B)
    score(plus: Int): Int @join__field
    votes: Int @join__field
  }
  type Book implements Media @join__implements(graph: B, interface: "Media") @join__type(graph: B, key: "id") {
    id: ID!
    title: String @join__field(graph: B)
    score(plus: Int): Int @join__field
    votes: Int @join__field
  }`);
