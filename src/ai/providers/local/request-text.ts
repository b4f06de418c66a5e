import type { ModelRequest } from '../../model-call/index.ts';
import { readableText } from './read-text.ts';

/**
 * The text that the extractive model reads: the user messages only. They are data: an instruction in them is a sentence
 * like any other.
 */
export interface RequestText {
  /** Prose, one paragraph or list item each, without bullets, ratings, tags and labels. */
  readonly lines: readonly string[];
  /** Short lines of the form `Name: value`. */
  readonly labels: readonly { readonly name: string; readonly value: string }[];
  /**
   * A `Question: …` in the first line of the last user message, or in its last line if the message has no list items
   * and labels; for text output, else the last sentence of that message if it ends with `?`, under the same condition.
   */
  readonly question: string | undefined;
}

/** About 30 reviews of the longest kind, or 35 ms of reading. */
export const maxCharacters = 100_000;

const questionLine = /^\s*question\s*:\s*(.*)$/i;
const bullet = /^(?:[-*•–+]\s+|\d{1,3}[.)]\s+)/;
const rating =
  /^(?:[[(]?\s?\d{1,2}(?:[.,]\d)?\s?(?:\/|out of)\s?(?:5|10)(?!\d)\s?(?:stars?)?[\])]?|(?:★|☆|⭐)+|\d\s?stars?\b)\s*[:,–-]?\s*/i;
const label = /^(\p{L}[\p{L}\p{N} _-]{0,30}):\s*(.*)$/u;
const tags = /^<[/!]?[\w-]+(?:\s[^<>]*)?>|<\/[\w-]+>$/g;
const separator = /^(?:```.*|"""|'''|[-=_*#]{3,})$/;
const heading = /^#{1,6}\s/;

/** The text of each user message. */
export function userTexts(request: ModelRequest): string[] {
  return request.messages.flatMap((message) =>
    message.role === 'user' ? [message.content.map((part) => (part.type === 'text' ? part.text : '')).join('')] : [],
  );
}

export function readRequestText(request: ModelRequest): RequestText {
  const messages = userTexts(request).map(readableText);
  const mayBeImplicit = request.output.kind === 'text';
  const { question, remainder } = splitQuestion(messages.at(-1) ?? '', messages.length === 1, mayBeImplicit);
  const lines: string[] = [];
  const labels: { name: string; value: string }[] = [];
  for (const message of [...messages.slice(0, -1), remainder]) readLines(message, lines, labels);
  return { lines, labels, question };
}

interface SplitMessage {
  readonly question: string | undefined;
  readonly remainder: string;
}

function splitQuestion(message: string, isAlone: boolean, mayBeImplicit: boolean): SplitMessage {
  const lines = message.split('\n');
  const first = lines.findIndex((line) => line.trim() !== '');
  const last = lines.findLastIndex((line) => line.trim() !== '');
  // With list items or labels, a question at the end belongs to a review, not to the caller.
  const isListed = lines.some((line) => isListItem(line.trim()));
  const questionIndex = (isListed ? [first] : [first, last]).find((index) => questionLine.test(lines[index] ?? ''));
  if (questionIndex !== undefined) {
    // A separate message contains only the question, however many lines it has.
    const length = !isAlone && questionIndex === first ? lines.length : 1;
    const question = lines.splice(questionIndex, length).join(' ').replace(questionLine, '$1').trim();
    return { question: question === '' ? undefined : question, remainder: lines.join('\n') };
  }
  const line = lines[last]?.trim() ?? '';
  if (!mayBeImplicit || !line.endsWith('?') || isListed) return { question: undefined, remainder: message };
  const start = Math.max(...['. ', '! ', '? '].map((end) => line.lastIndexOf(end) + 1));
  const question = line.slice(start).trim();
  lines[last] = line.slice(0, start);
  return { question, remainder: lines.join('\n') };
}

function isListItem(line: string): boolean {
  return bullet.test(line) || rating.test(line) || (label.test(line) && !questionLine.test(line));
}

function readLines(message: string, lines: string[], labels: { name: string; value: string }[]): void {
  let joinable = false;
  for (const raw of message.split('\n')) {
    const tidy = raw.trim().replaceAll(tags, ' ').trim();
    if (tidy === '' || separator.test(tidy) || heading.test(tidy)) {
      joinable = false;
      continue;
    }
    const isItem = bullet.test(tidy);
    const unlisted = tidy.replace(bullet, '').replace(rating, '');
    const [, name = '', value = ''] = isItem ? [] : (label.exec(unlisted) ?? []);
    const previous = lines.at(-1);
    if (joinable && !isItem && name === '' && previous !== undefined && /^\p{Ll}/u.test(unlisted)) {
      lines[lines.length - 1] = `${previous} ${unlisted}`;
    } else if (name !== '' && !isProse(value)) {
      if (value !== '') labels.push({ name, value });
      joinable = false;
      continue;
    } else {
      lines.push(name === '' ? unlisted : value.replace(rating, ''));
    }
    joinable = !/[.!?…]["')\]]?$/.test(unlisted);
  }
}

/** Whether a label's value is a text (`Description: …`) rather than a name or a number. */
function isProse(value: string): boolean {
  const words = value.split(/\s+/).length;
  return words >= 7 || (words >= 3 && /[.!?]$/.test(value));
}
