/**
 * What a generation consists of: everything of a graph that changes together. Texts (schemas, prompts) are named by their
 * SHA-256 and kept apart, so that a generation that changes one subgraph stores one text, and generations with equal content
 * have the same hash whoever made them.
 */
import { z } from 'zod';
import { subgraphName } from '../../config/index.ts';
import { stableHash } from '../../lib/index.ts';

const textHash = z.string().regex(/^[0-9a-f]{64}$/, 'a SHA-256 in hexadecimal');

/** `schema.graphql`, and of AI subgraphs the files of their folder of prompts. */
const filePath = z
  .string()
  .regex(/^(schema\.graphql|prompts\/[A-Za-z0-9_][A-Za-z0-9._@-]{0,199})$/, 'no file of a subgraph');

const subgraphContent = z.strictObject({
  kind: z.enum(['http', 'ai']),
  /** Null for AI subgraphs, which run in-process. */
  routingUrl: z.string().max(2_000).nullable(),
  files: z.record(filePath, textHash).refine((files) => Object.hasOwn(files, 'schema.graphql'), 'there is no schema'),
});

/** Sections of supergraph.yaml in their own form; absent: each gateway's file has its own. */
const settings = z.strictObject({
  limits: z.record(z.string(), z.unknown()).optional(),
  contracts: z.record(z.string(), z.unknown()).optional(),
  policies: z.record(z.string(), z.unknown()).optional(),
});

/** Trusted documents of an application, as a manifest, by the application's name; absent: none were published. */
const operations = z.record(subgraphName, textHash);

export const generationContent = z.strictObject({
  subgraphs: z.record(subgraphName, subgraphContent),
  settings,
  operations: operations.optional(),
});

export type SubgraphContent = Readonly<z.output<typeof subgraphContent>>;
export type GenerationSettings = Readonly<z.output<typeof settings>>;

export interface GenerationContent {
  readonly subgraphs: Readonly<Record<string, SubgraphContent>>;
  readonly settings: GenerationSettings;
  readonly operations?: Readonly<Record<string, string>> | undefined;
}

/** Texts by their SHA-256. */
export type Texts = ReadonlyMap<string, string>;

export const emptyContent: GenerationContent = { subgraphs: {}, settings: {} };

export const schemaFile = 'schema.graphql';
export const promptsFolder = 'prompts';
/** Beside the folders of subgraphs, whose names begin with a letter. */
export const operationsFolder = '_operations';

/** SHA-256 in hexadecimal, of the content and by that of all its texts. */
export function contentHashOf(content: GenerationContent): string {
  return stableHash(content);
}

/** The hashes of all texts, each once. */
export function textHashesOf({ subgraphs, operations = {} }: GenerationContent): ReadonlySet<string> {
  const ofSubgraphs = Object.values(subgraphs).flatMap(({ files }) => Object.values(files));
  return new Set([...ofSubgraphs, ...Object.values(operations)]);
}
