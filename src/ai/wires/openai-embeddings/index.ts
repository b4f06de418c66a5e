export { type EmbeddingInput, joinEmbeddings, readEmbeddings } from './read-embeddings.ts';
export { readEmbeddingsRequest, writeEmbeddings } from './write-embeddings.ts';
