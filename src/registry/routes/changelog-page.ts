/** A changelog as a page for people: without scripts, and with one style that the page's policy names by its hash. */
import { hash } from 'node:crypto';
import { formatGraphRef, type GraphRef } from '../../config/index.ts';
import type { ApiChange } from '../checks/index.ts';
import type { ChangelogEntry } from './changelog.ts';

const style =
  'body{font:16px/1.5 system-ui,sans-serif;max-width:60em;margin:2em auto;padding:0 1em}' +
  'h2{font-size:1.1em;margin:2em 0 0}.breaking b{color:#b00020}.dangerous b{color:#8a5a00}' +
  'ul{padding-left:1.2em}code{font-size:.95em}small{color:#555}';

export const pageHeaders = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy': `default-src 'none'; style-src 'sha256-${hash('sha256', style, 'base64')}'; frame-ancestors 'none'`,
} as const;

/** @param limit how many a page has */
export function changelogPage(ref: GraphRef, entries: readonly ChangelogEntry[], limit: number): string {
  const title = `Changes of ${escaped(formatGraphRef(ref))}`;
  const last = entries.at(-1)?.number ?? 1;
  const more = last > 1 ? `<p><a href="?limit=${limit}&amp;before=${last}">Earlier ones</a></p>` : '';
  const body = entries.length === 0 ? '<p>Nothing has been published yet.</p>' : entries.map(section).join('\n');
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>${title}</title><style>${style}</style></head>
<body><h1>${title}</h1>
${body}
${more}
</body></html>
`;
}

function section({ number, at, change, actor, commit, message, changes, reason }: ChangelogEntry): string {
  const notes = [change.kind, actor, commit]
    .filter((note) => note !== null && note !== '')
    .map((note) => escaped(String(note)));
  const paragraph = message === null || message === '' ? '' : `<p>${escaped(message)}</p>`;
  const list =
    changes === null
      ? `<p>What changed is not known: ${escaped(reason ?? '')}</p>`
      : changes.length === 0
        ? '<p>Clients see no change.</p>'
        : `<ul>${changes.map(item).join('')}</ul>`;
  return `<h2 id="${number}">${number} · <time datetime="${at}">${at.slice(0, 16).replace('T', ' ')}</time></h2>
<small>${notes.join(' · ')}</small>${paragraph}${list}`;
}

function item({ level, coordinate, message }: ApiChange): string {
  const place = coordinate === undefined ? '' : `<code>${escaped(coordinate)}</code>: `;
  return `<li class="${level}"><b>${level}</b> ${place}${escaped(message)}</li>`;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
