/** Suggests a fix for what graphql-js and Apollo's composition say of SDL that is not valid by itself, by their message. */

const fixes: readonly (readonly [message: RegExp, fix: string])[] = [
  [/^Syntax Error: .*<EOF>/, 'close what is still open there: a bracket, or a text in quotes'],
  [/^Syntax Error: Unterminated string/, 'close the text that begins there, or before, with the quotes that open it'],
  [
    /^Syntax Error: Expected Name, found "[})]"/,
    'write the name that is missing there: a type has at least one field, a field a type',
  ],
  [/^Syntax Error: Document contains more than/, 'divide the subgraph, or remove what is not used'],
  [/^Syntax Error/, 'correct what is written there: a name, a colon or a bracket is missing, or too many'],
  [/must not begin with "__"/, 'choose a name that does not begin with two underscores'],
  [/executable definition/, 'remove the operation: a schema has types; `isthmus operations push` publishes operations'],
  [/one type named|already exists on|" twice$/, 'remove one of the two; `extend type` adds to a type'],
  [
    /circular reference|series of non-null fields/,
    'break the circle: remove one of the references, or make it nullable',
  ],
  [/^(?:\[[^\]]*\] )?Unknown type/, 'correct the name, or define the type in the same subgraph'],
  [/must be Output Type/, 'return an object type: an input type is for arguments alone'],
  [/must be Input Type/, 'take an input type: an object type is for results alone'],
  [/non-object type/, 'name object types in the union'],
  [/does not provide it/, 'add the field to the type, or do not implement the interface'],
  [/Invalid default value/, 'write a default value of the type'],
  [/Unknown argument/, 'correct the name of the argument, or remove it'],
  [/was not provided/, 'write the argument'],
  [/may not be used on/, 'move the directive to what it is for, or remove it'],
];

/** @returns undefined for a message that is about something else */
export function suggestGraphqlFix(message: string): string | undefined {
  const type = /Invalid value for "@\w+\(\w+:\)" of type "([^"]+)"/.exec(message)?.[1];
  if (type !== undefined) return `write a value of the type ${type}: numbers without quotes, texts with them`;
  return fixes.find(([pattern]) => pattern.test(message))?.[1];
}
