/** A generation as a registry publishes it: numbered within its variant, and signed. */
import { z } from 'zod';
import { type GenerationContent, generationContent } from './generation-content.ts';

const change = z.discriminatedUnion('kind', [
  /** The subgraphs that another SDL, URL or prompt was published of; `sections` of supergraph.yaml. */
  z.strictObject({ kind: z.literal('publish'), subgraphs: z.array(z.string()), sections: z.array(z.string()) }),
  z.strictObject({ kind: z.literal('delete'), subgraphs: z.array(z.string()) }),
  /** The trusted documents of applications. */
  z.strictObject({ kind: z.literal('operations'), applications: z.array(z.string()) }),
  /** The first of a graph: what the operator's own file had. */
  z.strictObject({ kind: z.literal('import') }),
  z.strictObject({ kind: z.literal('rollback'), to: z.number() }),
  /** The content of another variant's generation. */
  z.strictObject({ kind: z.literal('promote'), from: z.string(), number: z.number() }),
]);

export const publishedGeneration = z.strictObject({
  graph: z.string(),
  variant: z.string(),
  /** Counted from 1 within the variant. */
  number: z.number().int().min(1),
  contentHash: z.string(),
  content: generationContent,
  change,
  /** In milliseconds since 1970. */
  at: z.number(),
  /** Such as `cli:ann` or `key:ab2cd3ef`. */
  actor: z.string(),
  commit: z.string().nullable(),
  message: z.string().nullable(),
});

export type GenerationChange = Readonly<z.output<typeof change>>;

export interface PublishedGeneration extends Readonly<Omit<z.output<typeof publishedGeneration>, 'content'>> {
  readonly content: GenerationContent;
}

/** A generation whose canary is served to a share of the requests. */
export interface Canary {
  readonly number: number;
  /** Of all requests, above 0 and up to 100. */
  readonly percent: number;
  /** When it began, in milliseconds since 1970. */
  readonly since: number;
  /** How long it is served before it is promoted. */
  readonly durationMs: number;
}
