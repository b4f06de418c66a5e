/** The lines of the log, found in the source: each call of a logger with its level, its message and the names of its fields. */
import { globSync, readFileSync } from 'node:fs';

interface LogLine {
  readonly level: string;
  readonly message: string;
  readonly fields: readonly string[];
}

const calls = /\blog\??\.(debug|info|warn|error|line)\(/g;
const levels = ['error', 'warn', 'info', 'debug'];

/** Messages that are chosen elsewhere, by the file that does. */
const chosen: Readonly<Record<string, readonly LogLine[]>> = {
  'src/observability/request-log.ts': [
    { level: 'info', message: 'request', fields: ['requestId', 'operation', 'outcome', 'ms'] },
    { level: 'info', message: 'request aborted by the client', fields: ['requestId', 'operation', 'outcome', 'ms'] },
    { level: 'warn', message: 'request cut', fields: ['requestId', 'operation', 'outcome', 'ms', 'key'] },
  ],
  'src/runtime/watch-supergraph.ts': [
    {
      level: 'info',
      message: 'what was found in AI subgraphs, a line each',
      fields: ['generation'],
    },
  ],
};

function linesOfFile(file: string): readonly (LogLine | string)[] {
  const source = readFileSync(file, 'utf8');
  return [...source.matchAll(calls)].flatMap((match): readonly (LogLine | string)[] => {
    const [method = ''] = match.slice(1);
    const parts = argumentsAt(source, match.index + match[0].length);
    // A line that is text already: its level, its fields as text, its message.
    const [level, fields = '', message = ''] =
      method === 'line' ? [literalsIn(parts[0] ?? '')[0], ...parts.slice(1)] : [method, ...parts];
    if (level === undefined) return chosen[file] ?? [`${file}: ${parts[0]?.trim()}`];
    const name = /^\s*([a-z]\w*)\s*$/i.exec(message)?.[1];
    const written = name === undefined ? message : constantBefore(source, name, match.index);
    const texts = literalsIn(written);
    if (texts.length > 0) {
      const named = /^\s*([a-z]\w*)\s*$/i.exec(fields)?.[1];
      const object = named === undefined ? fields : constantBefore(source, named, match.index).replace(/^[^=]*=/, '');
      return texts.map((text) => ({ level, message: text, fields: namesIn(object) }));
    }
    return chosen[file] ?? [`${file}: ${message.trim()}`];
  });
}

/** What a constant of the same file is given. */
function constantBefore(source: string, name: string, before: number): string {
  const declared = source.slice(0, before).lastIndexOf(`const ${name} = `);
  return declared === -1 ? '' : source.slice(declared, source.indexOf(';\n', declared));
}

/** The arguments of a call, from behind its parenthesis: commas in strings and brackets are none between them. */
function argumentsAt(source: string, from: number): readonly string[] {
  const parts: string[] = [];
  let part = '';
  let depth = 0;
  for (let at = from; at < source.length; at++) {
    const character = source[at] ?? '';
    if (character === "'" || character === '`' || character === '"') {
      const end = endOfText(source, at);
      part += source.slice(at, end + 1);
      at = end;
      continue;
    }
    if ('([{'.includes(character)) depth++;
    if (')]}'.includes(character) && depth-- === 0) break;
    if (character === ',' && depth === 0) {
      parts.push(part);
      part = '';
    } else part += character;
  }
  return [...parts, part];
}

function endOfText(source: string, begin: number): number {
  for (let at = begin + 1; at < source.length; at++) {
    if (source[at] === '\\') at++;
    else if (source[at] === source[begin]) return at;
  }
  return source.length;
}

/** Of a message: one, or those of a choice. What a template fills in is written `…`. */
function literalsIn(expression: string): readonly string[] {
  const texts = [...expression.matchAll(/(['`])((?:\\.|(?!\1)[\s\S])*)\1/g)].map(([, , text = '']) => text);
  return texts.map((text) =>
    text
      .replace(/\$\{(?:[^{}]|\{[^{}]*\})*\}/g, '…')
      .replaceAll('\\n', ' ')
      .replaceAll("\\'", "'"),
  );
}

/** The names of an object literal's members. */
function namesIn(expression: string): readonly string[] {
  const inner = /^\s*\{([\s\S]*)\}\s*$/.exec(expression)?.[1];
  if (inner === undefined) return [];
  return argumentsAt(`${inner})`, 0).flatMap((member) => /^\s*([A-Za-z]\w*)\s*(?::|$)/.exec(member)?.[1] ?? []);
}

/** @returns the table, and the calls whose message is not found */
export function logLinesSection(): { readonly section: string; readonly unknown: readonly string[] } {
  const found = globSync('src/**/*.ts').sort().flatMap(linesOfFile);
  const rows = new Map<string, LogLine>();
  for (const line of found) {
    if (typeof line === 'string') continue;
    const key = `${levels.indexOf(line.level)} ${line.message}`;
    const fields = [...(rows.get(key)?.fields ?? []), ...line.fields];
    rows.set(key, { ...line, fields: [...new Set(fields)] });
  }
  const table = [...rows]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, { level, message, fields }]) => {
      const names = fields.map((name) => `\`${name}\``).join(', ');
      return `| ${level} | ${message.replaceAll('|', '\\|')} | ${names} |`;
    });
  return {
    section: ['| level | line | fields |', '|---|---|---|', ...table].join('\n'),
    unknown: found.filter((line) => typeof line === 'string'),
  };
}
