import { describe, expect, it } from 'vitest';
import {
  type CheckReport,
  type Finding,
  writeGithub,
  writeMarkdown,
  writeText,
} from '../../../../src/registry/checks/index.ts';
import { type Draft, finishSection, skippedSection } from '../../../../src/registry/checks/sections/draft.ts';

const removed: Draft = {
  severity: 'error',
  code: 'FIELD_REMOVED',
  subject: 'Product.price',
  message: "Field 'price' was removed from object type 'Product'",
  places: [{ subgraph: 'shop', file: 'schema/shop.graphql', line: 12 }],
  suggestedFix: 'keep it with @deprecated',
  usage: {
    requests: 300,
    percent: 30,
    operations: 2,
    clients: [
      { name: 'web', version: '1.2', requests: 200 },
      { name: undefined, version: undefined, requests: 100 },
    ],
    lastUsed: Date.UTC(2026, 10, 29, 12, 30),
  },
  isChange: true,
};
const unused: Draft = {
  severity: 'info',
  code: 'FIELD_REMOVED',
  subject: 'Product.weight',
  message: 'gone',
  places: [],
  safeBecause: 'unused',
  usage: { requests: 0, percent: 0, operations: 0, clients: [] },
};

function reportOf(drafts: readonly Draft[], owners = {}): CheckReport {
  const rights = { owners, team: undefined, approvals: [] };
  const traffic = {
    from: Date.UTC(2026, 10, 23),
    to: Date.UTC(2026, 10, 30),
    requests: 1_000,
    excludedClients: ['bot'],
  };
  const changes = finishSection('changes', drafts, rights);
  return {
    outcome: changes.outcome as CheckReport['outcome'],
    at: 0,
    traffic,
    sections: [
      finishSection('composition', [], rights),
      changes,
      skippedSection('ai', 'nothing has been published yet'),
    ],
  };
}

describe('a report as text', () => {
  it('says what is wrong, where, for whom, and what to do', () => {
    const report = reportOf([removed, unused], { 'Product.price': 'pricing' });
    const [finding] = report.sections[1]?.findings ?? [];
    expect(writeText(report)).toBe(`check waiting: 1 error, waits for pricing
Weighed by 1000 requests from 2026-11-23 00:00Z to 2026-11-30 00:00Z, without bot.

Changes of the API: waiting
  error     FIELD_REMOVED  Field 'price' was removed from object type 'Product'
            at schema/shop.graphql:12
            used by 300 requests (30 %) of 2 operations, by web 1.2, unnamed clients, last at 2026-11-29 12:30Z
            fix: keep it with @deprecated
            waits for pricing to approve ${finding?.change}
  info      FIELD_REMOVED  gone
            safe, because unused: used by no request

Composition: nothing found
AI fields: skipped (nothing has been published yet)
`);
  });

  it('is colourless unless it is painted', () => {
    const painted = writeText(reportOf([removed]), { paint: (style, text) => `<${style}>${text}</${style}>` });
    expect(painted).toContain('<red>check failed: 1 error</red>');
  });

  it('is one page: the first findings, and how many there are more', () => {
    const many = Array.from({ length: 2_000 }, (_, index) => ({ ...removed, subject: `Product.f${index}` }));
    const report = reportOf([unused, ...many]);
    for (const written of [writeText(report), writeMarkdown(report), writeGithub(report)])
      expect(written.split('\n').length).toBeLessThan(100);
    expect(writeText(report)).toContain('  and 1989 more');
    expect(report.sections[1]?.findings.every(({ severity }) => severity === 'error')).toBe(true);
  });

  it('has no control characters of a schema', () => {
    const message = 'Description "\u001b[31mred\u001b[0m\n::error::x" on type "T" has changed';
    const report = reportOf([{ ...removed, message }]);
    expect(writeText(report)).not.toContain('\u001b');
    expect(
      writeGithub(report)
        .split('\n')
        .filter((line) => line.startsWith('::error')),
    ).toHaveLength(1);
  });
});

describe('a report for a pull request', () => {
  it('is a table and lists, in which no text of a schema is markup or mentions a person', () => {
    const written = writeMarkdown(reportOf([{ ...removed, message: '@key of <b>Pet</b> | `x`' }]));
    expect(written).toContain('### Schema check ❌ failed: 1 error');
    expect(written).toContain('| ❌ Changes of the API | 1 | 0 | 0 |');
    expect(written).toContain('| ➖ AI fields | 0 | 0 | 0 |');
    expect(written).toContain('&#64;key of &#60;b&#62;Pet&#60;/b&#62; &#124; &#96;x&#96;');
    expect(written).toContain('schema/shop.graphql:12');
  });

  it('is annotations at the lines, escaped as GitHub reads them', () => {
    const places = [{ file: 'a,b:c.graphql', line: 3 }];
    const [first, ...rest] = writeGithub(reportOf([{ ...removed, message: '100% gone', places }])).split('\n');
    expect(first).toMatch(
      /^::error file=a%2Cb%3Ac\.graphql,line=3,title=FIELD_REMOVED::100%25 gone%0Aused by 300 requests/,
    );
    expect(rest).toContain('::notice title=Schema check::check failed: 1 error');
  });

  it('annotates warnings as such, and leaves the rest out', () => {
    const warning: Draft = { ...removed, severity: 'warning' satisfies Finding['severity'] };
    const lines = writeGithub(reportOf([warning, unused])).split('\n');
    expect(lines.map((line) => line.slice(0, 9))).toEqual(['::warning', '::notice ', '']);
  });
});
