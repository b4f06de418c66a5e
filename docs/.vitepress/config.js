/** The site of docs/: `npm run docs` builds it into docs/.vitepress/dist, searchable, with nothing loaded from elsewhere. */
export default {
  title: 'Isthmus',
  description: 'A GraphQL federation gateway whose AI fields are real fields of the graph.',
  cleanUrls: true,
  // Links that leave docs/ (the sources, the README) are for readers on a forge.
  ignoreDeadLinks: [/\.\.\//, /^http:\/\/127\.0\.0\.1/],
  themeConfig: {
    search: { provider: 'local' },
    sidebar: [
      { text: 'Start', items: [{ text: 'Get started', link: '/get-started' }] },
      {
        text: 'Build the graph',
        items: [
          { text: 'Subgraphs', link: '/subgraphs' },
          { text: 'AI fields', link: '/ai-fields' },
          { text: 'Prompts', link: '/prompts' },
          { text: 'Models', link: '/models' },
          { text: '/v1', link: '/v1' },
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
          { text: 'Operating', link: '/operating' },
          { text: 'Configuration', link: '/configuration' },
          { text: 'Errors', link: '/errors' },
          { text: 'Benchmarks', link: '/benchmarks' },
        ],
      },
      { text: 'Work on it', items: [{ text: 'Architecture', link: '/architecture' }] },
    ],
  },
};
