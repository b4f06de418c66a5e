/** The site of docs/: `npm run docs` builds it into docs/.vitepress/dist, searchable, with nothing loaded from elsewhere. */

/** Links that leave docs/ (the sources, the README) are for readers on a forge; on the site they are plain text. */
function unlinkOutside(md) {
  md.core.ruler.push('unlink-outside', ({ tokens }) => {
    for (const { children } of tokens) {
      let isOutside = false;
      for (const token of children ?? []) {
        if (token.type === 'link_open') isOutside = token.attrGet('href').startsWith('../');
        if (isOutside && /^link_(?:open|close)$/.test(token.type)) token.type = 'text';
      }
    }
  });
}

/** `{{name}}` in code is code, and not an expression of the page. */
function keepBraces(md) {
  const { code_inline: render } = md.renderer.rules;
  md.renderer.rules.code_inline = (...parts) => render(...parts).replace('<code', '<code v-pre');
}

export default {
  title: 'Isthmus',
  description: 'A GraphQL federation gateway whose AI fields are real fields of the graph.',
  cleanUrls: true,
  ignoreDeadLinks: [/^http:\/\/127\.0\.0\.1/],
  markdown: {
    config(md) {
      unlinkOutside(md);
      keepBraces(md);
    },
  },
  themeConfig: {
    search: { provider: 'local' },
    sidebar: [
      { text: 'Start', items: [{ text: 'Get started', link: '/get-started' }] },
      {
        text: 'Build the graph',
        items: [
          { text: 'Subgraphs', link: '/subgraphs' },
          { text: 'Publishing', link: '/registry' },
          { text: 'AI fields', link: '/ai-fields' },
          { text: 'Prompts', link: '/prompts' },
          { text: 'Models', link: '/models' },
          { text: 'Budgets', link: '/budgets' },
          { text: 'Limits', link: '/limits' },
          { text: 'Persisted operations', link: '/persisted-operations' },
          { text: 'Caching', link: '/caching' },
          { text: '/v1: models for applications', link: '/v1' },
        ],
      },
      {
        text: 'Extend it',
        items: [
          { text: 'Plugins', link: '/plugins' },
          { text: 'As a library', link: '/library' },
        ],
      },
      {
        text: 'Run it',
        items: [
          { text: 'Access', link: '/access' },
          { text: 'The command line', link: '/cli' },
          { text: 'Operating', link: '/operating' },
          { text: 'Observability', link: '/observability' },
          { text: 'Usage', link: '/usage' },
          { text: 'Checks', link: '/checks' },
          { text: 'TLS and proxies', link: '/network' },
          { text: 'Configuration', link: '/configuration' },
          { text: 'Errors', link: '/errors' },
          { text: 'Benchmarks', link: '/benchmarks' },
        ],
      },
      { text: 'Work on it', items: [{ text: 'Architecture', link: '/architecture' }] },
    ],
  },
};
