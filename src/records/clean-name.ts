/** Names of outside that records have: without control characters, and not longer than a name is. */

const maxLength = 200;
const plain = /^[\x20-\x7e]{0,200}$/;
const graphqlName = /^[_A-Za-z]\w*$/;

/** What clients call themselves, and callers. @returns undefined for none */
export function cleanName(name: string | undefined): string | undefined {
  if (name === undefined || name === '') return undefined;
  if (plain.test(name)) return name;
  return name
    .slice(0, maxLength)
    .toWellFormed()
    .replace(/\p{Cc}+/gu, ' ');
}

/** A word of a list: a code, a field, a model. */
export function cleanWord(name: string): string {
  return (cleanName(name) ?? '').replaceAll(' ', '_');
}

/** An operation's name; what a client sends in its place may be anything. */
export function operationName(name: string | undefined): string | undefined {
  return name !== undefined && name.length <= maxLength && graphqlName.test(name) ? name : undefined;
}
