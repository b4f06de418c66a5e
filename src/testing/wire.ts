/** The wires of the scripted provider, distinguished by the request's path only, with any prefix. */

/** The operation of a request's path; `unknown` is answered 404. */
export type Wire =
  | 'openai-chat'
  | 'openai-responses'
  | 'openai-embeddings'
  | 'openai-models'
  | 'anthropic-messages'
  | 'gemini-generate'
  | 'gemini-embed'
  | 'gemini-models'
  | 'bedrock-converse'
  | 'cohere-chat'
  | 'unknown';

/** The wires of text generation. */
export type GeneratingWire =
  | 'openai-chat'
  | 'openai-responses'
  | 'anthropic-messages'
  | 'gemini-generate'
  | 'bedrock-converse'
  | 'cohere-chat';

export interface Route {
  readonly wire: Wire;
  /** The model, if the path has it. */
  readonly model: string | undefined;
  /** Whether the path requests a stream; `undefined` if the body does. */
  readonly isStream: boolean | undefined;
}

const inBody = { model: undefined, isStream: undefined };

/** The end of the path decides: proxies, Azure's deployments and Vertex's projects have their own prefixes. */
export function routeOf(method: string, path: string): Route {
  if (method === 'GET') {
    if (/\/v1beta[^/]*\/models$/.test(path)) return { wire: 'gemini-models', ...inBody };
    if (path.endsWith('/models')) return { wire: 'openai-models', ...inBody };
    return { wire: 'unknown', ...inBody };
  }
  if (method !== 'POST') return { wire: 'unknown', ...inBody };
  if (path.endsWith('/chat/completions')) return { wire: 'openai-chat', ...inBody, model: azureDeployment(path) };
  if (path.endsWith('/messages')) return { wire: 'anthropic-messages', ...inBody };
  if (path.endsWith('/responses')) return { wire: 'openai-responses', ...inBody };
  if (path.endsWith('/embeddings')) return { wire: 'openai-embeddings', ...inBody, model: azureDeployment(path) };
  const gemini = /\/models\/([^/:]+):(\w+)$/.exec(path);
  if (gemini !== null) return geminiRoute(gemini[1] ?? '', gemini[2] ?? '');
  const bedrock = /\/model\/([^/]+)\/converse(-stream)?$/.exec(path);
  if (bedrock !== null) {
    return { wire: 'bedrock-converse', model: decoded(bedrock[1] ?? ''), isStream: bedrock[2] !== undefined };
  }
  if (path.endsWith('/v2/chat')) return { wire: 'cohere-chat', ...inBody };
  return { wire: 'unknown', ...inBody };
}

function azureDeployment(path: string): string | undefined {
  return /\/deployments\/([^/]+)\//.exec(path)?.[1];
}

function geminiRoute(model: string, method: string): Route {
  switch (method) {
    case 'generateContent':
      return { wire: 'gemini-generate', model, isStream: false };
    case 'streamGenerateContent':
      return { wire: 'gemini-generate', model, isStream: true };
    case 'embedContent':
    case 'batchEmbedContents':
      return { wire: 'gemini-embed', model, isStream: false };
    default:
      return { wire: 'unknown', ...inBody };
  }
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
