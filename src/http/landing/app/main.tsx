/**
 * The landing page: GraphiQL over this gateway's own endpoint, with the example operations in its tabs on the first
 * visit. A returning visitor finds the tabs as they were left.
 */
import './workers.ts';
import '@graphiql/react/style.css';
import '@graphiql/plugin-doc-explorer/style.css';
import '@graphiql/plugin-history/style.css';
import 'graphiql/graphiql.css';
import './page.css';
import { createGraphiQLFetcher } from '@graphiql/toolkit';
import { GraphiQL } from 'graphiql';
import { createRoot } from 'react-dom/client';
import { type PageSettings, readSettings } from './settings.ts';
import { pageStorage } from './storage.ts';

function Explorer({ settings, storage }: { settings: PageSettings; storage: ReturnType<typeof pageStorage> }) {
  const tabs = settings.operations.map(({ title, query }) => ({ query: withTitle(title, query) }));
  return (
    <GraphiQL
      fetcher={createGraphiQLFetcher({ url: settings.graphqlPath })}
      storage={storage}
      {...(tabs.length === 0 ? {} : { defaultTabs: tabs })}
    >
      <GraphiQL.Logo>{null}</GraphiQL.Logo>
    </GraphiQL>
  );
}

/** GraphiQL names a tab after its operation; what the operation shows is said in a comment above it. */
function withTitle(title: string, query: string): string {
  return query.startsWith('#') ? query : `# ${title.replaceAll(/\s+/g, ' ')}\n${query}`;
}

const container = document.getElementById('explorer');
if (container !== null) createRoot(container).render(<Explorer settings={readSettings()} storage={pageStorage()} />);
