import { BREAK, type DocumentNode, visit } from 'graphql';

const cached = new WeakMap<DocumentNode, boolean>();

/** Whether a document selects `__schema` or `__type` anywhere. */
export function introspects(document: DocumentNode): boolean {
  let isFound = cached.get(document);
  if (isFound === undefined) {
    isFound = false;
    visit(document, {
      Field({ name: { value } }) {
        if (value !== '__schema' && value !== '__type') return undefined;
        isFound = true;
        return BREAK;
      },
    });
    cached.set(document, isFound);
  }
  return isFound;
}
