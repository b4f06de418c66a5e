/** An operation that the page's address names, as links to GraphiQL do: `?query=`, `&variables=`, `&operationName=`. */
export interface LinkedOperation {
  readonly query: string;
  /** JSON, as it is shown. */
  readonly variables: string | null;
  readonly operationName: string | null;
}

export function readLink(search: string): LinkedOperation | undefined {
  const parameters = new URLSearchParams(search);
  const query = parameters.get('query');
  if (query === null || query.trim() === '') return undefined;
  return {
    query,
    variables: indented(parameters.get('variables') || null),
    operationName: parameters.get('operationName') || null,
  };
}

function indented(json: string | null): string | null {
  if (json === null) return null;
  try {
    return JSON.stringify(JSON.parse(json), undefined, 2);
  } catch {
    return json; // shown unchanged, for its author to correct
  }
}
