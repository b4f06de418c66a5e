/** What a change makes of a generation's content. */
import { didYouMean } from '../../lib/index.ts';
import {
  type GenerationContent,
  type GenerationSettings,
  hashOfText,
  promptsFolder,
  type SubgraphContent,
  schemaFile,
} from '../generation/index.ts';
import { RegistryError } from './registry-error.ts';

/** A subgraph as its owner publishes it. */
export interface UploadedSubgraph {
  readonly name: string;
  /** Undefined: that of the subgraph that is published, or an AI subgraph's. */
  readonly routingUrl?: string | undefined;
  /** Undefined: that of the subgraph that is published. */
  readonly sdl?: string | undefined;
  /** The files of an AI subgraph's folder of prompts, by name; undefined: those that are published, or it has none. */
  readonly prompts?: Readonly<Record<string, string>> | undefined;
}

export type ContentChange =
  | {
      readonly kind: 'publish';
      readonly subgraphs: readonly UploadedSubgraph[];
      /** Each section takes the place of the one before. */
      readonly settings?: GenerationSettings | undefined;
    }
  | { readonly kind: 'delete'; readonly subgraphs: readonly string[] }
  /** The manifests of trusted documents of applications; null: the application has none any more. */
  | { readonly kind: 'operations'; readonly manifests: Readonly<Record<string, string | null>> };

export interface ChangedContent {
  readonly content: GenerationContent;
  /** Those of the change, by their hash. */
  readonly texts: ReadonlyMap<string, string>;
}

/** @throws RegistryError where it names what is not there, or lacks what a new subgraph needs */
export function changeContent(before: GenerationContent, change: ContentChange): ChangedContent {
  if (change.kind === 'delete') return { content: without(before, change.subgraphs), texts: new Map() };
  if (change.kind === 'operations') return withOperations(before, change.manifests);
  const texts = new Map<string, string>();
  const add = (text: string): string => {
    const hash = hashOfText(text);
    texts.set(hash, text);
    return hash;
  };
  const subgraphs = new Map(Object.entries(before.subgraphs));
  for (const uploaded of change.subgraphs)
    subgraphs.set(uploaded.name, subgraphOf(uploaded, subgraphs.get(uploaded.name), add));
  const settings = { ...before.settings, ...change.settings };
  return { content: { ...before, subgraphs: inOrder(subgraphs), settings }, texts };
}

function subgraphOf(
  { name, routingUrl, sdl, prompts }: UploadedSubgraph,
  before: SubgraphContent | undefined,
  add: (text: string) => string,
): SubgraphContent {
  const kind = prompts !== undefined ? 'ai' : routingUrl !== undefined ? 'http' : before?.kind;
  if (kind === undefined)
    throw new RegistryError(
      'BAD_REQUEST',
      `${name} is new: name its routing URL, or an AI subgraph’s folder of prompts`,
    );
  if (prompts !== undefined && routingUrl !== undefined)
    throw new RegistryError('BAD_REQUEST', `${name} has prompts and a routing URL: an AI subgraph runs in-process`);
  const schema = sdl === undefined ? before?.files[schemaFile] : add(sdl);
  if (schema === undefined) throw new RegistryError('BAD_REQUEST', `${name} is new: name its schema`);
  const files: Record<string, string> = { [schemaFile]: schema };
  if (prompts !== undefined)
    for (const [file, text] of Object.entries(prompts)) files[`${promptsFolder}/${file}`] = add(text);
  else if (kind === 'ai')
    for (const [file, hash] of Object.entries(before?.files ?? {})) if (file !== schemaFile) files[file] = hash;
  return { kind, routingUrl: kind === 'ai' ? null : (routingUrl ?? before?.routingUrl ?? null), files };
}

function withOperations(before: GenerationContent, manifests: Readonly<Record<string, string | null>>): ChangedContent {
  const texts = new Map<string, string>();
  const operations = new Map(Object.entries(before.operations ?? {}));
  for (const [application, manifest] of Object.entries(manifests)) {
    if (manifest === null) {
      operations.delete(application);
      continue;
    }
    texts.set(hashOfText(manifest), manifest);
    operations.set(application, hashOfText(manifest));
  }
  const { operations: _before, ...others } = before;
  return {
    content: operations.size === 0 ? others : { ...others, operations: Object.fromEntries(operations) },
    texts,
  };
}

function without(before: GenerationContent, names: readonly string[]): GenerationContent {
  const { subgraphs } = before;
  const remaining = new Map(Object.entries(subgraphs));
  for (const name of names)
    if (!remaining.delete(name))
      throw new RegistryError('NOT_FOUND', `there is no subgraph "${name}"${didYouMean(name, Object.keys(subgraphs))}`);
  return { ...before, subgraphs: inOrder(remaining) };
}

function inOrder(subgraphs: ReadonlyMap<string, SubgraphContent>): Readonly<Record<string, SubgraphContent>> {
  return Object.fromEntries([...subgraphs].sort(([one], [other]) => (one < other ? -1 : 1)));
}
