/**
 * Reads the rules of `@authenticated`, `@requiresScopes`, `@policy` and `@mask` from a supergraph, under whatever names
 * the directives are imported.
 *
 * Rules are read of object types, their fields, scalars and enums. Those of interfaces are left out: composition refuses
 * them in subgraphs, derives an interface's rules from its implementers, and copies those of an interface object's fields to
 * the implementers.
 */
import { type ConstDirectiveNode, type ConstValueNode, type DocumentNode, Kind } from 'graphql';
import { argumentOf, directiveName, linksOf, stringArgument } from './links.ts';
import { importedDirectives } from './own-directives.ts';

/** One directive: the outer lists are alternatives, the inner ones are required together. All `@mask`s of a field are one rule. */
export type AccessRule =
  | { readonly kind: 'authenticated' }
  | { readonly kind: 'scopes'; readonly anyOf: readonly (readonly string[])[] }
  | { readonly kind: 'policies'; readonly anyOf: readonly (readonly string[])[] }
  | { readonly kind: 'mask'; readonly forms: readonly MaskForm[] };

/** The form in which a field is read where the policy allows, and no policy before it does. */
export interface MaskForm {
  readonly policy: string;
  /** As the directive has it: `whole`, `email`, … */
  readonly as: string;
}

/** The rules of each element that has some, by its coordinate: `User`, `User.email`. All rules of an element must hold. */
export type AccessRules = ReadonlyMap<string, readonly AccessRule[]>;

const identityOf = {
  authenticated: 'https://specs.apollo.dev/authenticated',
  requiresScopes: 'https://specs.apollo.dev/requiresScopes',
  policy: 'https://specs.apollo.dev/policy',
} as const;

type DirectiveName = keyof typeof identityOf;

/** Features for security without access rules: the API schema omits @inaccessible elements, the planner fills @context. */
const enforcedElsewhere: ReadonlySet<string> = new Set([
  'https://specs.apollo.dev/inaccessible/v0.1',
  'https://specs.apollo.dev/inaccessible/v0.2',
  'https://specs.apollo.dev/context/v0.1',
]);

export function readAccessRules(supergraph: DocumentNode): AccessRules {
  const names = new Map<string, DirectiveName>();
  for (const link of linksOf(supergraph)) {
    const name = directiveOf(link);
    if (name !== undefined) names.set(directiveName(link, name), name);
  }
  const maskName = importedDirectives(supergraph, 'access').get('mask');
  const rules = new Map<string, readonly AccessRule[]>();
  if (names.size === 0 && maskName === undefined) return rules;
  const add = (coordinate: string, directives: readonly ConstDirectiveNode[] | undefined): void => {
    const fieldRules = (directives ?? []).flatMap((directive) => {
      const name = names.get(directive.name.value);
      return name === undefined ? [] : [ruleOf(name, directive)];
    });
    const forms = maskForms(maskName, directives);
    const all = forms.length === 0 ? fieldRules : [...fieldRules, { kind: 'mask', forms } as const];
    if (all.length > 0) rules.set(coordinate, all);
  };
  for (const definition of supergraph.definitions) {
    if (definition.kind === Kind.OBJECT_TYPE_DEFINITION) {
      add(definition.name.value, definition.directives);
      for (const field of definition.fields ?? [])
        add(`${definition.name.value}.${field.name.value}`, field.directives);
    } else if (definition.kind === Kind.SCALAR_TYPE_DEFINITION || definition.kind === Kind.ENUM_TYPE_DEFINITION) {
      add(definition.name.value, definition.directives);
    }
  }
  return rules;
}

function maskForms(
  maskName: string | undefined,
  directives: readonly ConstDirectiveNode[] | undefined,
): readonly MaskForm[] {
  if (maskName === undefined || directives === undefined) return [];
  return directives
    .filter(({ name }) => name.value === maskName)
    .map((directive) => ({
      policy: stringArgument(directive, 'policy') ?? '',
      as: stringArgument(directive, 'as') ?? 'whole',
    }));
}

/** The URLs of features that a supergraph marks as relevant to security and that are not enforced here. */
export function unenforcedFeatures(supergraph: DocumentNode): readonly string[] {
  return linksOf(supergraph).flatMap((link) => {
    const purpose = argumentOf(link, 'for');
    const isSecurity = purpose?.kind === Kind.ENUM && purpose.value === 'SECURITY';
    const isEnforced = directiveOf(link) !== undefined || enforcedElsewhere.has(urlOf(link));
    return isSecurity && !isEnforced ? [urlOf(link)] : [];
  });
}

function directiveOf(link: ConstDirectiveNode): DirectiveName | undefined {
  const url = urlOf(link);
  // Only the versions that are understood: a later one may mean more than what is enforced here.
  return (Object.keys(identityOf) as DirectiveName[]).find((name) => url === `${identityOf[name]}/v0.1`);
}

function urlOf(link: ConstDirectiveNode): string {
  return stringArgument(link, 'url') ?? '';
}

function ruleOf(name: DirectiveName, directive: ConstDirectiveNode): AccessRule {
  switch (name) {
    case 'authenticated':
      return { kind: 'authenticated' };
    case 'requiresScopes':
      return { kind: 'scopes', anyOf: lists(argumentOf(directive, 'scopes')) };
    case 'policy':
      return { kind: 'policies', anyOf: lists(argumentOf(directive, 'policies')) };
  }
}

/** GraphQL coerces a single value to a list of one. */
function lists(value: ConstValueNode | undefined): readonly (readonly string[])[] {
  return items(value).map((inner) => items(inner).flatMap((item) => (item.kind === Kind.STRING ? [item.value] : [])));
}

function items(value: ConstValueNode | undefined): readonly ConstValueNode[] {
  if (value === undefined) return [];
  return value.kind === Kind.LIST ? value.values : [value];
}
