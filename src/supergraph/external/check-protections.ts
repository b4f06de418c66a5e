/**
 * What of a supergraph from elsewhere says who may see what, and would not be enforced: another version of a specification,
 * a directive without its `@link`, a rule of an interface that its types do not have. Composition here refuses or derives all of
 * these; another composer may not.
 */
import { type ConstDirectiveNode, type DocumentNode, Kind, type TypeDefinitionNode, visit } from 'graphql';
import { directiveName, linksOf, stringArgument } from '../directives/links.ts';

export interface ProtectionProblem {
  readonly code: 'SECURITY_FEATURE_NOT_ENFORCED' | 'SUPERGRAPH_NOT_EXECUTABLE' | 'CONTRACT_INVALID';
  readonly message: string;
}

const apollo = 'https://specs.apollo.dev';

/** The specifications that protect, with the versions that are enforced. */
const protecting: Readonly<Record<string, readonly string[]>> = {
  authenticated: ['v0.1'],
  requiresScopes: ['v0.1'],
  policy: ['v0.1'],
  inaccessible: ['v0.1', 'v0.2'],
  context: ['v0.1'],
};

/** The specifications that a plan follows; a supergraph with another one, such as `connect`, is answered by another executor. */
const executed: ReadonlySet<string> = new Set(['join', 'core', 'link', 'context', 'cost', 'cacheTag', 'tag']);

export function checkProtections(supergraph: DocumentNode): ProtectionProblem[] {
  return [...linkProblems(supergraph), ...unlinkedProblems(supergraph), ...interfaceProblems(supergraph)];
}

function linkProblems(supergraph: DocumentNode): readonly ProtectionProblem[] {
  return linksOf(supergraph).flatMap((link): readonly ProtectionProblem[] => {
    const url = stringArgument(link, 'url') ?? '';
    const [, name = '', version = ''] = /^https:\/\/specs\.apollo\.dev\/(\w+)\/(v[\d.]+)$/.exec(url) ?? [];
    if (Object.hasOwn(protecting, name) && protecting[name]?.includes(version) !== true)
      return [notEnforced(`the supergraph links ${url}, of which Isthmus enforces ${protecting[name]?.join(' and ')}`)];
    const purpose = link.arguments?.find((argument) => argument.name.value === 'for')?.value;
    if (purpose?.kind !== Kind.ENUM || purpose.value !== 'EXECUTION' || executed.has(name)) return [];
    const message = `the supergraph links ${url} for EXECUTION, and Isthmus does not execute it`;
    return [{ code: 'SUPERGRAPH_NOT_EXECUTABLE', message }];
  });
}

/** The names in a document of the directives that are linked, by their own. */
function linkedNames(supergraph: DocumentNode, names: readonly string[]): ReadonlyMap<string, string> {
  return new Map(
    names.flatMap((name) =>
      linksOf(supergraph)
        .filter((link) => stringArgument(link, 'url')?.startsWith(`${apollo}/${name}/`) === true)
        .map((link) => [name, directiveName(link, name)] as const),
    ),
  );
}

const directives = ['authenticated', 'requiresScopes', 'policy', 'inaccessible'];
const ownNamespaced = /^(?:access|limits)__(\w+)$/;

function unlinkedProblems(supergraph: DocumentNode): readonly ProtectionProblem[] {
  const enforced = new Set(linkedNames(supergraph, directives).values());
  const unlinked = new Set<string>();
  visit(supergraph, {
    DirectiveDefinition: () => false,
    Directive({ name: { value: name } }) {
      if (enforced.has(name)) return;
      const plain = name.replace(/^.*__/, '');
      if (directives.includes(plain) || ownNamespaced.test(name)) unlinked.add(name);
    },
  });
  return [...unlinked].map((name) =>
    notEnforced(`the supergraph has @${name} without a @link that imports it, and Isthmus does not enforce it`),
  );
}

/**
 * Rules are enforced on the types of objects. Today's composers give an interface the rules of its types; a rule that none of
 * them has is the interface's alone, of an older composer, and its types would be read without it.
 */
function interfaceProblems(supergraph: DocumentNode): readonly ProtectionProblem[] {
  const kinds = linkedNames(supergraph, ['authenticated', 'requiresScopes', 'policy']);
  if (kinds.size === 0) return [];
  const types = supergraph.definitions.filter(
    (definition): definition is Composite =>
      definition.kind === Kind.OBJECT_TYPE_DEFINITION || definition.kind === Kind.INTERFACE_TYPE_DEFINITION,
  );
  return types.flatMap((type) => {
    if (type.kind !== Kind.INTERFACE_TYPE_DEFINITION) return [];
    const implementing = types.filter(
      ({ kind, interfaces }) =>
        kind === Kind.OBJECT_TYPE_DEFINITION && interfaces?.some(({ name }) => name.value === type.name.value) === true,
    );
    const places = [
      { coordinate: type.name.value, own: type.directives, of: implementing.map((each) => each.directives) },
      ...(type.fields ?? []).map(({ name, directives: own }) => ({
        coordinate: `${type.name.value}.${name.value}`,
        own,
        of: implementing.map((each) => each.fields?.find((field) => field.name.value === name.value)?.directives),
      })),
    ];
    return places.flatMap(({ coordinate, own, of }) =>
      [...kinds.values()].flatMap((kind) => {
        const derived = new Set(of.flatMap((list) => demandsOf(kind, list)));
        if (demandsOf(kind, own).every((demand) => derived.has(demand))) return [];
        return [notEnforced(`@${kind} on "${coordinate}" is of an interface, and no type that implements it has it`)];
      }),
    );
  });
}

type Composite = Extract<
  TypeDefinitionNode,
  { readonly kind: Kind.OBJECT_TYPE_DEFINITION | Kind.INTERFACE_TYPE_DEFINITION }
>;

/** The scopes or policies that the directive names, and the directive itself. */
function demandsOf(kind: string, list: readonly ConstDirectiveNode[] | undefined): readonly string[] {
  const applied = list?.filter(({ name }) => name.value === kind) ?? [];
  const demands = applied.length === 0 ? [] : [''];
  for (const directive of applied) visit(directive, { StringValue: ({ value }) => void demands.push(value) });
  return demands;
}

function notEnforced(message: string): ProtectionProblem {
  return { code: 'SECURITY_FEATURE_NOT_ENFORCED', message };
}
