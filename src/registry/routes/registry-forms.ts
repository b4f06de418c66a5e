/** The bodies of requests that change a registry. */
import { z } from 'zod';
import { subgraphName } from '../../config/index.ts';

const text = z.string().max(20_000_000);
/** Where it comes from: a commit's hash, a branch, a link. */
const note = z.string().max(2_000).optional();

const author = { commit: note, message: note };
/** The percentage of all requests, and for how long. */
const canary = z
  .strictObject({
    percent: z.number().gt(0).lt(100),
    durationMs: z
      .number()
      .int()
      .min(1_000)
      .max(30 * 86_400_000),
  })
  .optional();

const uploadedSubgraph = z.strictObject({
  name: subgraphName,
  routingUrl: z
    .url({ protocol: /^https?$/, error: 'write an http or https URL' })
    .max(2_000)
    .optional(),
  sdl: text.optional(),
  prompts: z.record(z.string().regex(/^[A-Za-z0-9_][A-Za-z0-9._@-]{0,199}$/), text).optional(),
});

const section = z.record(z.string(), z.unknown()).optional();
const settings = z.strictObject({ limits: section, contracts: section, policies: section }).optional();

/** Of `publish` and of `check`. */
const contentChangeForm = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('publish'), subgraphs: z.array(uploadedSubgraph).max(500), settings }),
  z.strictObject({ kind: z.literal('delete'), subgraphs: z.array(subgraphName).min(1).max(500) }),
  z.strictObject({ kind: z.literal('operations'), manifests: z.record(subgraphName, text.nullable()) }),
]);

/** The team on whose behalf something is changed or approved. */
const team = z.string().min(1).max(200).optional();

export const publishForm = z.strictObject({ change: contentChangeForm, canary, team, ...author });
export const checkForm = z.strictObject({
  change: contentChangeForm,
  team,
  commit: note,
  testsPrompts: z.boolean().optional(),
});
export const approveForm = z.strictObject({
  change: contentChangeForm,
  team,
  changes: z.union([z.literal('all'), z.array(z.string().max(100)).min(1).max(500)]),
  comment: note,
});

/** Not `none`, by which commands take a label away, and no number. */
const labelName = z
  .string()
  .regex(
    /^(?!none$)[A-Za-z][A-Za-z0-9._-]{0,63}$/,
    'a label begins with a letter, and has at most 64 letters, digits, ".", "_" and "-"',
  );
/** Its number or label. */
export const generationName = z.union([z.number().int().min(1), labelName]);

export const labelForm = z.strictObject({ name: labelName, generation: generationName.nullable() });
export const rollbackForm = z.strictObject({ to: generationName.optional(), ...author });
export const promoteForm = z
  .strictObject({ from: z.string().max(200).optional(), generation: generationName.optional(), canary, ...author })
  .refine(({ from, generation }) => from !== undefined || generation === undefined, 'generation is one of `from`');
export const textsForm = z.strictObject({ hashes: z.array(z.string().regex(/^[0-9a-f]{64}$/)).max(500) });
export const canaryForm = z.strictObject({
  number: z.number().int().min(1),
  outcome: z.enum(['promoted', 'withdrawn']),
  reason: z.string().max(2_000),
});
