/** A schema as a set of lines that say what it has: two texts of one schema have the same, whoever printed them. */
import {
  type ConstDirectiveNode,
  type DefinitionNode,
  type FieldDefinitionNode,
  type InputValueDefinitionNode,
  Kind,
  parse,
  print,
} from 'graphql';

/** What every server that speaks federation adds. */
const ofFederation = /^(?:_Any|_Entity|_Service|FieldSet|federation__.*|link__.*|Query\._service|Query\._entities)/;

/** @throws GraphQLError where it is no schema */
export function schemaLines(sdl: string): ReadonlySet<string> {
  const lines = parse(sdl, { noLocation: true }).definitions.flatMap(linesOf);
  return new Set(lines.filter((line) => !ofFederation.test(line)));
}

function linesOf(definition: DefinitionNode): readonly string[] {
  switch (definition.kind) {
    case Kind.OBJECT_TYPE_DEFINITION:
    case Kind.OBJECT_TYPE_EXTENSION:
    case Kind.INTERFACE_TYPE_DEFINITION:
    case Kind.INTERFACE_TYPE_EXTENSION: {
      const { name, interfaces = [], fields = [], directives = [] } = definition;
      const implemented = interfaces.map((each) => `${name.value} implements ${each.name.value}`);
      return [
        ...implemented,
        ...applied(name.value, directives),
        ...fields.map((field) => fieldLine(name.value, field)),
      ];
    }
    case Kind.INPUT_OBJECT_TYPE_DEFINITION:
    case Kind.INPUT_OBJECT_TYPE_EXTENSION: {
      const { name, fields = [], directives = [] } = definition;
      return [...applied(name.value, directives), ...fields.map((field) => `${name.value}.${inputText(field)}`)];
    }
    case Kind.ENUM_TYPE_DEFINITION:
    case Kind.ENUM_TYPE_EXTENSION: {
      const { name, values = [], directives = [] } = definition;
      const texts = values.map((value) => `${name.value}.${value.name.value}${directivesText(value.directives)}`);
      return [...applied(name.value, directives), ...texts];
    }
    case Kind.UNION_TYPE_DEFINITION:
    case Kind.UNION_TYPE_EXTENSION:
      return (definition.types ?? []).map((type) => `${definition.name.value} = ${type.name.value}`);
    case Kind.SCALAR_TYPE_DEFINITION:
    case Kind.SCALAR_TYPE_EXTENSION:
      return [`scalar ${definition.name.value}`].filter(() => !ofFederation.test(definition.name.value));
    default:
      // Which directives are imported shows where they are used.
      return [];
  }
}

function fieldLine(type: string, { name, arguments: inputs = [], type: of, directives }: FieldDefinitionNode): string {
  const texts = inputs.map(inputText).sort();
  return `${type}.${name.value}(${texts.join(', ')}): ${print(of)}${directivesText(directives)}`;
}

function inputText({ name, type, defaultValue, directives }: InputValueDefinitionNode): string {
  const fallback = defaultValue === undefined ? '' : ` = ${print(defaultValue)}`;
  return `${name.value}: ${print(type)}${fallback}${directivesText(directives)}`;
}

const applied = (type: string, directives: readonly ConstDirectiveNode[]): readonly string[] =>
  directives.map((directive) => `${type} ${directiveText(directive)}`);

function directivesText(directives: readonly ConstDirectiveNode[] = []): string {
  return directives
    .map((directive) => ` ${directiveText(directive)}`)
    .sort()
    .join('');
}

/** Printers write out the defaults of federation's own. */
function directiveText(directive: ConstDirectiveNode): string {
  const { name, arguments: values = [] } = directive;
  const texts = values.map((value) => print(value)).filter((text) => text !== 'resolvable: true');
  return `@${name.value}(${texts.sort().join(', ')})`;
}
