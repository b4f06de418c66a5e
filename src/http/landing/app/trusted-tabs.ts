/** Marks the tabs whose documents are trusted ones of the graph, as often as they are edited. */
import { useGraphiQL } from '@graphiql/react';
import { useEffect } from 'react';

const editPauseMs = 200;

const descriptions = {
  yes: 'A trusted document (persisted_operations).',
  no: 'Not a trusted document (persisted_operations).',
} as const;

/** @param path where the gateway says which documents are trusted */
export function TrustedTabs({ path }: { readonly path: string }) {
  const tabs = useGraphiQL((state) => state.tabs);
  useEffect(() => {
    const leaving = new AbortController();
    const documents = tabs.map(({ query }) => query ?? '');
    const timer = setTimeout(() => void mark(path, documents, leaving.signal), editPauseMs);
    return () => {
      clearTimeout(timer);
      leaving.abort();
    };
  }, [path, tabs]);
  return null;
}

async function mark(path: string, documents: readonly string[], signal: AbortSignal): Promise<void> {
  const headers = { 'content-type': 'application/json' };
  const init = { method: 'POST', headers, body: JSON.stringify({ documents }), signal };
  const response = await fetch(path, init).catch(() => undefined);
  if (response?.ok !== true) return;
  const { trusted } = (await response.json()) as { readonly trusted: readonly boolean[] };
  for (const [index, tab] of document.querySelectorAll('.graphiql-tab').entries()) {
    const state = trusted[index] === true ? 'yes' : 'no';
    tab.setAttribute('data-trusted', state);
    const button = tab.querySelector('.graphiql-tab-button');
    button?.setAttribute('title', descriptions[state]);
    button?.setAttribute('aria-description', descriptions[state]);
  }
}
