/**
 * The rules of `@graphql-eslint/eslint-plugin`, run by ESLint's `Linter` on one subgraph's SDL. Only the rules themselves are
 * loaded (0.2 s): the package's parser would look for a configuration file and build a schema, which a subgraph's SDL is not.
 * Both packages are installed by whoever wants these rules.
 *
 * `# eslint-disable-next-line @graphql-eslint/naming-convention` above a line is heeded.
 */
import type { Linter, Rule } from 'eslint';
import { type DefinitionNode, type DocumentNode, Kind } from 'graphql';
import { coordinateAt } from './coordinate-at.ts';
import type { LintFinding } from './lint-finding.ts';

const plugin = '@graphql-eslint/eslint-plugin';

interface DefaultRule {
  readonly severity: 'error' | 'warning';
  readonly options?: unknown;
  readonly suggestedFix: string;
}

/** Those that need no schema, in the recommended form. */
export const eslintRules: Readonly<Record<string, DefaultRule>> = {
  'naming-convention': {
    severity: 'warning',
    options: {
      types: 'PascalCase',
      FieldDefinition: 'camelCase',
      InputValueDefinition: 'camelCase',
      EnumValueDefinition: 'UPPER_CASE',
      'FieldDefinition[parent.name.value=Query]': { forbiddenPrefixes: ['query', 'get'], forbiddenSuffixes: ['Query'] },
      'FieldDefinition[parent.name.value=Mutation]': {
        forbiddenPrefixes: ['mutation'],
        forbiddenSuffixes: ['Mutation'],
      },
    },
    suggestedFix:
      'give it such a name; where clients use it already, add the new name beside it and deprecate this one',
  },
  'no-hashtag-description': { severity: 'warning', suggestedFix: 'write it as a description: """…"""' },
  'no-typename-prefix': { severity: 'warning', suggestedFix: 'leave the name of the type out' },
  'require-deprecation-reason': {
    severity: 'warning',
    suggestedFix: 'say what to use instead: @deprecated(reason: "…")',
  },
  'require-description': {
    severity: 'warning',
    options: { types: true },
    suggestedFix: 'say in a sentence what it is: """…"""',
  },
  'require-nullable-fields-with-oneof': { severity: 'error', suggestedFix: 'take the ! off' },
  'require-type-pattern-with-oneof': {
    severity: 'warning',
    suggestedFix: 'return a union or a type with ok and error',
  },
  'unique-enum-value-names': { severity: 'error', suggestedFix: 'give one of them another name' },
};

/** Undefined: the packages are not installed. */
export async function lintWithEslint(text: string, document: DocumentNode): Promise<LintFinding[] | undefined> {
  const loaded = await load();
  if (loaded === undefined) return undefined;
  const { linter, rules, convert } = loaded;
  const parser = { parseForESLint: () => convert(text, document) } as unknown as Linter.Parser;
  const config: Linter.Config = {
    files: ['**/*.graphql'],
    plugins: { '@graphql-eslint': { rules } },
    languageOptions: { parser },
    linterOptions: { reportUnusedDisableDirectives: 'off' },
    rules: Object.fromEntries(
      Object.entries(eslintRules).map(([name, { options }]) => [
        `@graphql-eslint/${name}`,
        options === undefined ? 'warn' : ['warn', options],
      ]),
    ),
  };
  return linter.verify(text, [config], { filename: 'schema.graphql' }).flatMap(({ ruleId, message, line, column }) => {
    const name = ruleId?.replace('@graphql-eslint/', '') ?? '';
    const rule = eslintRules[name];
    if (rule === undefined) return [];
    const { severity, suggestedFix } = rule;
    const coordinate = coordinateAt(document, line, column);
    return [{ rule: name, severity, message: flat(message), line, coordinate, suggestedFix }];
  });
}

function flat(message: string): string {
  return message.replace(/\s*\n\s*/g, ' ');
}

interface Loaded {
  readonly linter: Linter;
  readonly rules: Readonly<Record<string, Rule.RuleModule>>;
  readonly convert: (text: string, document: DocumentNode) => object;
}

interface Converters {
  readonly convertToESTree: (document: DocumentNode) => { readonly loc: unknown; readonly range: unknown };
  readonly extractComments: (location: DocumentNode['loc']) => unknown;
  readonly extractTokens: (file: string, text: string) => unknown;
}

async function load(): Promise<Loaded | undefined> {
  try {
    const { Linter } = await import('eslint/universal');
    const { convertToESTree, extractComments, extractTokens } = (await import(
      `${plugin}/estree-converter/index`
    )) as Converters;
    const names = Object.keys(eslintRules);
    const modules = await Promise.all(names.map((name) => import(`${plugin}/rules/${name}/index`)));
    const rules = Object.fromEntries(modules.map(({ rule }, index) => [names[index] ?? '', rule as Rule.RuleModule]));
    const convert = (text: string, document: DocumentNode): object => {
      const root = convertToESTree(ownDefinitions(document));
      const program = { type: 'Program', sourceType: 'script', body: [root], loc: root.loc, range: root.range };
      const tokens = extractTokens('schema.graphql', text);
      return {
        services: { schema: null, siblingOperations: { available: false } },
        ast: { ...program, tokens, comments: extractComments(document.loc) },
      };
    };
    return { linter: new Linter({ configType: 'flat' }), rules, convert };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_MODULE_NOT_FOUND') return undefined;
    throw error;
  }
}

/** Without what federation defines, which introspected SDL has: `scalar _FieldSet`, `enum link__Purpose`, directives. */
function ownDefinitions(document: DocumentNode): DocumentNode {
  const isOwn = (definition: DefinitionNode): boolean => {
    if (definition.kind === Kind.DIRECTIVE_DEFINITION) return false;
    const name = ('name' in definition && definition.name?.value) || '';
    return !name.startsWith('_') && !name.includes('__') && name !== 'FieldSet';
  };
  return { ...document, definitions: document.definitions.filter(isOwn) };
}
