/**
 * The contracts of a supergraph, composed with it: what each hides of the API schema. Apollo's own rules for `@inaccessible`
 * decide whether a contract is a valid schema: what its tags exclude is made inaccessible.
 */
import { buildASTSchema, type ConstDirectiveNode, type DocumentNode, Kind, parse } from 'graphql';
import { didYouMean, invariant } from '../../lib/index.ts';
import { directiveNamesOf } from '../directives/links.ts';
import { inaccessibleIdentity, type TagFilter, TaggedSupergraph } from './excluded-by-tags.ts';
import { coordinatesOf, type HiddenElements, withDirective } from './hidden-elements.ts';
import { unreachableTypes } from './unreachable-types.ts';

export interface ContractFilter extends TagFilter {
  readonly name: string;
  readonly hideUnreachableTypes: boolean;
  /** Its path in the configuration. */
  readonly place: string;
}

/** What is wrong with a contract. */
export interface ContractProblem {
  readonly code: 'CONTRACT_INVALID' | 'CONTRACT_TAG_UNKNOWN';
  readonly message: string;
}

export interface ComposedContracts {
  /** By name, in the order of the configuration. */
  readonly hidden: ReadonlyMap<string, HiddenElements>;
  readonly problems: readonly ContractProblem[];
}

/** The API schema of a supergraph without its inaccessible elements, or what makes it invalid. */
export type ApiSdlOf = (supergraph: DocumentNode) => string | readonly Error[];

export function composeContracts(
  supergraph: DocumentNode,
  apiSdl: string,
  contracts: readonly ContractFilter[],
  apiSdlOf: ApiSdlOf,
): ComposedContracts {
  const hidden = new Map<string, HiddenElements>();
  const problems: ContractProblem[] = [];
  if (contracts.length === 0) return { hidden, problems };
  const tagged = new TaggedSupergraph(supergraph);
  const tags = tagged.tags();
  const all = coordinatesOf(parse(apiSdl, { noLocation: true }));
  for (const contract of contracts) {
    const unknown = unknownTags(contract, tags);
    problems.push(...unknown);
    if (unknown.length > 0) continue;
    const excluded = tagged.excludedBy(contract);
    const sdl = excluded.size === 0 ? apiSdl : apiSdlOf(withInaccessible(supergraph, excluded));
    if (typeof sdl !== 'string') {
      problems.push(...sdl.map(({ message }) => invalid(contract, message)));
      continue;
    }
    hidden.set(contract.name, hiddenFrom(all, sdl, contract));
  }
  return { hidden, problems };
}

function hiddenFrom(all: ReadonlySet<string>, sdl: string, { hideUnreachableTypes }: ContractFilter): HiddenElements {
  const document = parse(sdl, { noLocation: true });
  const visible = coordinatesOf(document);
  const hidden = new Set([...all].filter((coordinate) => !visible.has(coordinate)));
  if (!hideUnreachableTypes) return hidden;
  const schema = buildASTSchema(document, { assumeValid: true, assumeValidSDL: true });
  const unreachable = new Set(unreachableTypes(schema, hidden));
  for (const coordinate of visible) if (unreachable.has(/^\w+/.exec(coordinate)?.[0] ?? '')) hidden.add(coordinate);
  return hidden;
}

function unknownTags({ include, exclude, place }: ContractFilter, tags: ReadonlySet<string>): ContractProblem[] {
  return Object.entries({ include, exclude }).flatMap(([key, names]) =>
    names
      .filter((name) => !tags.has(name))
      .map((name): ContractProblem => {
        const message = `${place}.${key} names the tag "${name}", which no element has${didYouMean(name, tags)}`;
        return { code: 'CONTRACT_TAG_UNKNOWN', message };
      }),
  );
}

function invalid({ name }: ContractFilter, message: string): ContractProblem {
  const reason = message.replaceAll('@inaccessible', 'left out').replaceAll('in the API schema', 'in it');
  return { code: 'CONTRACT_INVALID', message: `the contract "${name}" is not a valid schema: ${reason}` };
}

/** Adds `@inaccessible` to these elements, and the feature where the supergraph does not link it. */
function withInaccessible(supergraph: DocumentNode, coordinates: ReadonlySet<string>): DocumentNode {
  const [linked] = directiveNamesOf(supergraph, inaccessibleIdentity, 'inaccessible');
  const directive: ConstDirectiveNode = {
    kind: Kind.DIRECTIVE,
    name: { kind: Kind.NAME, value: linked ?? 'inaccessible' },
  };
  const marked = withDirective(supergraph, coordinates, directive);
  return linked === undefined ? withFeature(marked) : marked;
}

const feature = parse(
  `schema @link(url: "${inaccessibleIdentity}/v0.2", for: SECURITY) { query: Query }
  directive @inaccessible on FIELD_DEFINITION | OBJECT | INTERFACE | UNION | ARGUMENT_DEFINITION | SCALAR | ENUM | ENUM_VALUE | INPUT_OBJECT | INPUT_FIELD_DEFINITION`,
  { noLocation: true },
).definitions;

function withFeature({ kind, definitions }: DocumentNode): DocumentNode {
  const [schema, definition] = feature;
  invariant(
    schema?.kind === Kind.SCHEMA_DEFINITION && definition !== undefined,
    'the feature is a link and a directive',
  );
  const linked = definitions.map((node) =>
    node.kind === Kind.SCHEMA_DEFINITION
      ? { ...node, directives: [...(node.directives ?? []), ...(schema.directives ?? [])] }
      : node,
  );
  return { kind, definitions: [...linked, definition] };
}
