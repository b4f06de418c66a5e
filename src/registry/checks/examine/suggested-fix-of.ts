/** What to do instead of a change that breaks clients. */

const deprecateFirst = 'keep it with @deprecated(reason: …), and remove it when no client uses it any more';
const addBeside =
  'add it under another name, deprecate the one there is, and remove that when no client uses it any more';
const makeOptional = 'let clients leave it out: make it nullable, or give it a default value';

const suggestedFixes: Readonly<Record<string, string>> = {
  FIELD_REMOVED: deprecateFirst,
  FIELD_ARGUMENT_REMOVED: deprecateFirst,
  INPUT_FIELD_REMOVED: deprecateFirst,
  ENUM_VALUE_REMOVED: deprecateFirst,
  TYPE_REMOVED: 'deprecate the fields that return it, and remove it when no client uses them any more',
  TYPE_KIND_CHANGED: addBeside,
  FIELD_TYPE_CHANGED: addBeside,
  FIELD_ARGUMENT_TYPE_CHANGED: addBeside,
  INPUT_FIELD_TYPE_CHANGED: addBeside,
  FIELD_ARGUMENT_ADDED: makeOptional,
  INPUT_FIELD_ADDED: makeOptional,
  UNION_MEMBER_REMOVED: 'keep the member until no client selects it any more',
  OBJECT_TYPE_INTERFACE_REMOVED: 'keep the interface until no client selects by it any more',
  FIELD_ARGUMENT_DEFAULT_CHANGED: 'tell the clients that leave the argument out',
  INPUT_FIELD_DEFAULT_VALUE_CHANGED: 'tell the clients that leave the field out',
  ENUM_VALUE_ADDED: 'clients that read the enum have to expect values that they do not know',
  UNION_MEMBER_ADDED: 'clients that read the union have to expect members that they do not know',
  OBJECT_TYPE_INTERFACE_ADDED: 'clients that read the interface have to expect types that they do not know',
  DIRECTIVE_REMOVED: 'keep it until no document has it any more',
  DIRECTIVE_ARGUMENT_ADDED: makeOptional,
  DIRECTIVE_ARGUMENT_REMOVED: 'keep it until no document has it any more',
  DIRECTIVE_LOCATION_REMOVED: 'keep it until no document has it there any more',
  DIRECTIVE_REPEATABLE_REMOVED: 'keep it repeatable until no document repeats it any more',
  DIRECTIVE_ARGUMENT_TYPE_CHANGED: addBeside,
};

export function suggestedFixOf(kind: string, level: 'breaking' | 'dangerous' | 'safe'): string | undefined {
  return level === 'safe' ? undefined : suggestedFixes[kind];
}
