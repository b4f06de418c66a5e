export interface GraphQLAnswer<Data> {
  readonly status: number;
  /** As the test's query shapes it. */
  readonly data: Data;
  readonly errors: readonly { readonly message: string; readonly extensions: Readonly<Record<string, unknown>> }[];
}

/** Sends one operation to a subgraph over HTTP. */
export async function postGraphQL<Data = unknown>(
  url: string,
  query: string,
  variables: Readonly<Record<string, unknown>> = {},
  headers: Readonly<Record<string, string>> = {},
): Promise<GraphQLAnswer<Data>> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ query, variables }),
  });
  const { data, errors = [] } = (await response.json()) as {
    data: Data;
    errors?: GraphQLAnswer<Data>['errors'];
  };
  return { status: response.status, data, errors };
}
