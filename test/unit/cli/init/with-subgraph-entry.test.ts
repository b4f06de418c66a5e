import { describe, expect, it } from 'vitest';
import { withSubgraphEntry } from '../../../../src/cli/init/with-subgraph-entry.ts';

const add = (text: string): string | undefined => withSubgraphEntry(text, 'new', '{ ai: true }');

describe('a subgraph is added to supergraph.yaml', () => {
  it.each([
    [
      'after the last of a mapping, at its indentation',
      '# a\nsubgraphs:\n    one: { ai: true } # why\n\n# the server\nserver: { port: 1 }\n',
      '# a\nsubgraphs:\n    one: { ai: true } # why\n    new: { ai: true }\n\n# the server\nserver: { port: 1 }\n',
    ],
    [
      'after one of several lines, at the end of a file without a line break',
      'subgraphs:\n  one:\n    ai: true\n    schema:\n      file: a.graphql',
      'subgraphs:\n  one:\n    ai: true\n    schema:\n      file: a.graphql\n  new: { ai: true }',
    ],
    ['into braces', 'subgraphs: { one: { ai: true } }\n', 'subgraphs: { one: { ai: true }, new: { ai: true } }\n'],
    ['into empty braces', 'subgraphs: {}\n', 'subgraphs: { new: { ai: true } }\n'],
    ['where there is none', 'server: { port: 1 }\n', 'server: { port: 1 }\nsubgraphs:\n  new: { ai: true }\n'],
  ])('%s', (_how, before, after) => expect(add(before)).toBe(after));

  it('but not to a graph that is composed elsewhere', () => {
    expect(add('supergraph: { url: "http://a.example" }\n')).toBeUndefined();
    expect(add('subgraphs: [1]\n')).toBeUndefined();
  });
});
