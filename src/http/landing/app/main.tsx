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
import { useGraphiQL, useGraphiQLActions } from '@graphiql/react';
import { createGraphiQLFetcher } from '@graphiql/toolkit';
import { GraphiQL } from 'graphiql';
import { useEffect } from 'react';
import { createRoot } from 'react-dom/client';
import { type LinkedOperation, readLink } from './link.ts';
import { runFromPlayButton } from './play-button.ts';
import { type PageSettings, readSettings } from './settings.ts';
import { pageStorage } from './storage.ts';
import { keepActiveTabInView } from './tabs-in-view.ts';
import { TrustedTabs } from './trusted-tabs.ts';

interface ExplorerProperties {
  readonly settings: PageSettings;
  readonly storage: ReturnType<typeof pageStorage>;
  readonly link: LinkedOperation | undefined;
}

function Explorer({ settings, storage, link }: ExplorerProperties) {
  const examples = settings.operations.map(({ title, query, headers }) => ({
    query: withTitle(title, query),
    headers: headers ?? null,
  }));
  const tabs = link === undefined ? examples : [{ query: link.query, variables: link.variables }, ...examples];
  return (
    <GraphiQL
      fetcher={createGraphiQLFetcher({ url: settings.graphqlPath })}
      storage={storage}
      {...(tabs.length === 0 ? {} : { defaultTabs: tabs })}
      {...(link === undefined ? {} : { initialQuery: link.query, initialVariables: link.variables ?? '' })}
    >
      <GraphiQL.Logo>
        {link?.operationName ? <Selected operation={link.operationName} /> : null}
        {settings.trustedPath === undefined ? null : <TrustedTabs path={settings.trustedPath} />}
      </GraphiQL.Logo>
    </GraphiQL>
  );
}

/** Selects the operation that a link names, of a document with several; the play button runs it while it is selected. */
function Selected({ operation }: { operation: string }) {
  const { run, setOperationName } = useGraphiQLActions();
  const selected = useGraphiQL((state) => state.operationName);
  useEffect(() => setOperationName(operation), [operation, setOperationName]);
  useEffect(() => (selected === operation ? runFromPlayButton(run) : undefined), [operation, run, selected]);
  return null;
}

/** GraphiQL names a tab after its operation; what the operation shows is said in a comment above it. */
function withTitle(title: string, query: string): string {
  return query.startsWith('#') ? query : `# ${title.replaceAll(/\s+/g, ' ')}\n${query}`;
}

const container = document.getElementById('explorer');
if (container !== null) {
  const explorer = <Explorer settings={readSettings()} storage={pageStorage()} link={readLink(location.search)} />;
  createRoot(container).render(explorer);
  keepActiveTabInView(container);
}
