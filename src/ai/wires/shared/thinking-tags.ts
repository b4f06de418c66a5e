/**
 * Separates a model's thinking from its answer if both are in one text: `<think>…</think>` at its start, as DeepSeek
 * R1, Qwen and others write it on servers without a reasoning parser. Only at the start: a later tag is part of the
 * answer. Read delta by delta, with tags split anywhere; white space around the thinking belongs to neither.
 *
 * Thinking without its end tag was truncated, and the answer with it.
 */
const open = '<think>';
const close = '</think>';

export function beginsWithThinking(text: string): boolean {
  return text.trimStart().startsWith(open);
}

/** A complete text without its thinking. */
export function withoutThinking(text: string): string {
  let answer = '';
  const tags = new ThinkingTags();
  const to = { text: (piece: string) => (answer += piece), reasoning: () => '' };
  tags.read(text, to);
  tags.end(to);
  return answer;
}

export interface ThinkingPieces {
  text(piece: string): unknown;
  reasoning(piece: string): unknown;
}

export class ThinkingTags {
  #state: 'head' | 'thinking' | 'after' | 'answer' = 'head';
  /** A possible prefix of a tag, or white space beside one. */
  #held = '';
  /** Whether any thinking was emitted. */
  #hasThought = false;

  /** Whether all further text is the answer. */
  get isOver(): boolean {
    return this.#state === 'answer';
  }

  read(piece: string, to: ThinkingPieces): void {
    if (this.#state === 'answer') {
      to.text(piece);
      return;
    }
    const text = this.#held + piece;
    this.#held = '';
    switch (this.#state) {
      case 'head':
        this.#readHead(text, to);
        return;
      case 'thinking':
        this.#readThinking(text, to);
        return;
      case 'after':
        this.#readAfter(text, to);
        return;
      default:
        this.#state satisfies never;
    }
  }

  /** The end of the text: emits the buffered prefix. */
  end(to: ThinkingPieces): void {
    const held = this.#held;
    this.#held = '';
    if (held === '') return;
    if (this.#state === 'head') to.text(held);
    else if (this.#state === 'thinking') this.#think(held.trimEnd(), to);
    if (this.#state === 'head') this.#state = 'answer';
  }

  #readHead(text: string, to: ThinkingPieces): void {
    const begun = text.trimStart();
    if (begun.length < open.length && open.startsWith(begun)) {
      this.#held = text;
    } else if (begun.startsWith(open)) {
      this.#state = 'thinking';
      this.#readThinking(begun.slice(open.length), to);
    } else {
      this.#state = 'answer';
      to.text(text);
    }
  }

  #readThinking(text: string, to: ThinkingPieces): void {
    const end = text.indexOf(close);
    if (end !== -1) {
      this.#think(text.slice(0, end).trimEnd(), to);
      this.#state = 'after';
      this.#readAfter(text.slice(end + close.length), to);
      return;
    }
    const thought = text.slice(0, text.length - lengthOfBeginning(text)).trimEnd();
    this.#think(thought, to);
    this.#held = text.slice(thought.length);
  }

  #readAfter(text: string, to: ThinkingPieces): void {
    const answer = text.trimStart();
    if (answer === '') return;
    this.#state = 'answer';
    to.text(answer);
  }

  #think(piece: string, to: ThinkingPieces): void {
    const thought = this.#hasThought ? piece : piece.trimStart();
    if (thought === '') return;
    this.#hasThought = true;
    to.reasoning(thought);
  }
}

/** The number of last characters that may be a prefix of the end tag. */
function lengthOfBeginning(text: string): number {
  for (let length = Math.min(close.length - 1, text.length); length > 0; length--) {
    if (close.startsWith(text.slice(-length))) return length;
  }
  return 0;
}
