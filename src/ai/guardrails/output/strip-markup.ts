/**
 * Removes HTML tags, Markdown images and links from a model's answer: a page that renders the answer must not fetch an
 * image (the conversation may be in its URL), run a script or show a link with a hidden target.
 *
 * The text of a link is preserved; its target is removed. The result is stripped again until nothing is found, because
 * a removal may create another tag (`<[script](x)>`). A tag or target without an end is broken up, so that later text
 * cannot complete it.
 */
interface Forms {
  readonly tag: RegExp;
  readonly target: RegExp;
}

/** `but` is any other character; in JSON text never an unescaped quote, so that no match leaves its string. */
function formsOf(but: (excluded: string) => string): Forms {
  const inTag = but('<>');
  const inTarget = but('()\\s');
  return {
    tag: new RegExp(`(?<!<)<+(?=[A-Za-z/!?])${inTag}{0,2048}>|<(?=[A-Za-z/!?])`, 'g'),
    target: new RegExp(
      `\\](?:\\(${inTarget}{0,2048}(?:\\(${but('()')}{0,64}\\)${inTarget}{0,2048})?(?:\\s${but('()')}{0,512})?\\)|\\(|: ?${but('\\s')}{0,2048}|\\[${but('[\\]')}{0,120}\\])`,
      'g',
    ),
  };
}

const forms = {
  text: formsOf((excluded) => `[^${excluded}]`),
  json: formsOf((excluded) => String.raw`(?:[^${excluded}"\\]|\\.)`),
} as const;

/** A tag without an end that is not `x <y`. */
const begunTag = /^<[a-z][a-z0-9-]{0,30}[\s/][^<>]{0,200}=/i;

const maxRounds = 8;

export interface Stripped {
  readonly text: string;
  /** The number of tags, images and links found. */
  readonly count: number;
}

/** `keep`: bracketed texts that are not links, such as placeholders, keep their brackets. */
export function stripMarkup(text: string, form: 'text' | 'json', keep: (bracketed: string) => boolean): Stripped {
  const { tag, target } = forms[form];
  let count = 0;
  let current = text;
  for (let round = 0; round < maxRounds; round += 1) {
    const before = current;
    if (current.includes('<'))
      current = current.replace(tag, (element, offset: number, whole: string) => {
        if (element.endsWith('>') || begunTag.test(whole.slice(offset, offset + 240))) count += 1;
        return element === '<' ? '< ' : '';
      });
    if (current.includes(']')) {
      const links = stripLinks(current, target, keep);
      count += links.count;
      current = links.text;
    }
    if (current === before) return { text: current, count };
  }
  return { text: current.replace(/[<\]]/g, ' '), count };
}

function stripLinks(text: string, target: RegExp, keep: (bracketed: string) => boolean): Stripped {
  let count = 0;
  let stripped = '';
  let from = 0;
  const opened: number[] = []; // the `[` that no `]` has closed yet, found in one pass
  let scanned = 0;
  target.lastIndex = 0;
  for (let match = target.exec(text); match !== null; match = target.exec(text)) {
    const markup = match[0];
    for (; scanned < match.index; scanned += 1) {
      const code = text.charCodeAt(scanned);
      if (code === 91) opened.push(scanned);
      else if (code === 93) opened.pop();
    }
    const open = opened.at(-1) ?? -1;
    const hasText = open >= from;
    if (markup.startsWith('](') && markup.length === 2) {
      stripped += `${text.slice(from, match.index)}] (`; // a target without an end
      count += 1;
    } else if (markup.startsWith(']:') || markup.startsWith('][')) {
      // `[1]: https://…` and `[text][1]` are links; `[note]: see below` and `a[0][1]` are not
      if (!/^\]:\s?<?(?:[a-z][a-z0-9+.-]*:|\/\/|www\.)/i.test(markup)) {
        target.lastIndex = match.index + 1;
        continue;
      }
      stripped += text.slice(from, hasText ? open : match.index);
      count += 1;
    } else {
      const bracketed = hasText ? text.slice(open, match.index + 1) : '';
      const image = hasText && open > from && text[open - 1] === '!';
      stripped += text.slice(from, hasText ? (image ? open - 1 : open) : match.index);
      stripped += !hasText ? ']' : keep(bracketed) ? bracketed : bracketed.slice(1, -1);
      count += 1;
    }
    from = match.index + markup.length;
    target.lastIndex = from;
  }
  return { text: stripped + text.slice(from), count };
}
