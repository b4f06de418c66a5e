/**
 * The check of one answer, in deltas. A complete answer is the same check with one delta, so that both have the same
 * result: segments do not depend on the deltas, and each is checked alone.
 */
import type { GuardMode, GuardrailsConfig } from '../../../config/index.ts';
import { type CustomPattern, compileCustomPattern } from '../custom-pattern.ts';
import { type Finding, Findings, type Span } from '../finding.ts';
import { type Placeholders, placeholderSpans, restorePlaceholders } from '../pii/placeholders.ts';
import { redactionLabel } from '../pii/redact-text.ts';
import { feature } from '../segments/character-kinds.ts';
import { compileSpanRules, SpanFinder, type SpanRules } from '../segments/find-spans.ts';
import { Segmenter } from '../segments/segmenter.ts';
import type { Blocked, GuardedStream } from '../verdict.ts';
import { stripMarkup } from './strip-markup.ts';

export interface OutputRules {
  readonly spans: SpanRules;
  readonly markup: GuardMode | undefined;
  readonly maxLength: { readonly limit: number; readonly mode: GuardMode } | undefined;
  readonly required: readonly CustomPattern[];
}

export function compileOutputRules(config: GuardrailsConfig): OutputRules {
  return {
    spans: compileSpanRules(config, 'output'),
    markup: config.output.markup,
    maxLength: config.output.maxLength,
    required: config.requiredPatterns.map(compileCustomPattern),
  };
}

export function looksForAnything({ spans, markup, maxLength, required }: OutputRules): boolean {
  if (markup !== undefined || maxLength !== undefined || required.length > 0) return true;
  return spans.kinds.size > 0 || spans.patterns.length > 0 || spans.secrets !== undefined || spans.urls !== undefined;
}

const markupSigns = feature.lessThan | feature.bracket;

export class OutputStream implements GuardedStream {
  readonly #rules: OutputRules;
  readonly #placeholders: Placeholders;
  readonly #form: 'text' | 'json';
  readonly #segmenter: Segmenter;
  readonly #finder: SpanFinder;
  readonly #found = new Findings();
  /** Features that require a check in addition to those of the finder. */
  readonly #worthIt: number;
  #out = '';
  #copyFrom = 0;
  #length = 0;
  /** The text passed on, stored only if patterns are required of the whole answer. */
  #whole = '';

  constructor(rules: OutputRules, placeholders: Placeholders, form: 'text' | 'json') {
    this.#rules = rules;
    this.#placeholders = placeholders;
    this.#form = form;
    this.#finder = new SpanFinder(rules.spans);
    this.#worthIt = (rules.markup === undefined ? 0 : markupSigns) | (placeholders.tail === '' ? 0 : feature.bracket);
    this.#segmenter = new Segmenter(rules.spans.needs, {
      begin: (text) => this.#finder.begin(text),
      segment: (text, start, end, features) => {
        if ((features & this.#worthIt) !== 0 || this.#finder.isWorthIt(features))
          this.#check(text, start, end, features);
      },
      done: (text, until) => this.#take(text, until),
    });
  }

  get findings(): readonly Finding[] {
    return this.#found.list();
  }

  get held(): number {
    return this.#segmenter.held;
  }

  push(delta: string): string | Blocked {
    if (this.#found.blocked) return this.#blocked();
    const text = this.#withinLength(delta);
    this.#segmenter.feed(text);
    return this.#leave();
  }

  end(): string | Blocked {
    if (this.#found.blocked) return this.#blocked();
    this.#segmenter.end();
    const remaining = this.#leave();
    if (typeof remaining !== 'string') return remaining;
    for (const pattern of this.#rules.required)
      if (!pattern.test(this.#whole)) this.#found.add('patterns', pattern.name, pattern.mode);
    return this.#found.blocked ? this.#blocked() : remaining;
  }

  #blocked(): Blocked {
    return { kind: 'blocked', findings: this.#found.list() };
  }

  #take(held: string, until: number): void {
    if (until > this.#copyFrom)
      this.#out += this.#copyFrom === 0 && until === held.length ? held : held.slice(this.#copyFrom, until);
    this.#copyFrom = 0;
  }

  #leave(): string | Blocked {
    if (this.#found.blocked) return this.#blocked();
    const out = this.#out;
    this.#out = '';
    if (this.#rules.required.length > 0) this.#whole += out;
    return out;
  }

  #withinLength(delta: string): string {
    const { maxLength } = this.#rules;
    if (maxLength === undefined) return delta;
    const room = maxLength.limit - this.#length;
    this.#length += delta.length;
    if (delta.length <= room) return delta;
    if (room >= 0) this.#found.add('output', 'length', maxLength.mode); // once: the room falls below 0
    this.#length = maxLength.limit + 1;
    return maxLength.mode === 'mask' ? delta.slice(0, Math.max(0, room)) : delta;
  }

  #check(text: string, start: number, end: number, features: number): void {
    const original = text.slice(start, end);
    let segment = original;
    const { markup } = this.#rules;
    if (markup !== undefined && (features & markupSigns) !== 0) {
      const { text: stripped, count } = stripMarkup(segment, this.#form, (bracketed) =>
        this.#placeholders.values.has(bracketed),
      );
      for (let index = 0; index < count; index += 1) this.#found.add('output', 'markup', markup);
      if (markup === 'mask') segment = stripped;
    }
    const spans = this.#finder.find(segment, features);
    if (spans.length > 0) segment = this.#mask(segment, spans);
    if (this.#placeholders.tail !== '') segment = restorePlaceholders(segment, this.#placeholders, this.#form);
    if (segment === original) return;
    this.#out += text.slice(this.#copyFrom, start) + segment;
    this.#copyFrom = end;
  }

  #mask(segment: string, spans: readonly Span[]): string {
    const spared = placeholderSpans(segment, this.#placeholders);
    let masked = '';
    let from = 0;
    for (const span of spans) {
      // A placeholder is not personal data; a URL or a blocked pattern that contains one is masked completely.
      const isData = span.guard === 'pii' || span.guard === 'secrets';
      for (const { start, end } of isData ? apartFrom(span, spared) : [span]) {
        this.#found.add(span.guard, span.rule, span.mode);
        if (span.mode !== 'mask') continue;
        const begin = this.#form === 'json' ? afterEscape(segment, start) : start;
        masked += segment.slice(from, begin) + (span.rule === 'url' ? '[LINK]' : redactionLabel(span.rule));
        if (this.#rules.markup !== undefined && '([:'.includes(segment[end] ?? ' ')) masked += ' '; // `[EMAIL](…` is a link
        from = this.#form === 'json' ? beforeEscape(segment, end) : end;
      }
    }
    return masked + segment.slice(from);
  }
}

/** The parts of a span outside its placeholders. */
function apartFrom(span: Span, placeholders: readonly { start: number; end: number }[]) {
  const parts: { start: number; end: number }[] = [];
  let from = span.start;
  for (const { start, end } of placeholders) {
    if (end <= from || start >= span.end) continue;
    if (start > from) parts.push({ start: from, end: start });
    from = end;
  }
  if (from < span.end) parts.push({ start: from, end: span.end });
  return parts;
}

/** In JSON text `https://…\"` ends before the back-slash, which belongs to the quote. */
function beforeEscape(segment: string, end: number): number {
  let slashes = 0;
  while (segment.charCodeAt(end - 1 - slashes) === 92) slashes += 1;
  return slashes % 2 === 0 ? end : end - 1;
}

/** In JSON text `\nbob@…` begins after the escape, whose letter belongs to its back-slash. */
function afterEscape(segment: string, start: number): number {
  let slashes = 0;
  while (segment.charCodeAt(start - 1 - slashes) === 92) slashes += 1;
  if (slashes % 2 === 0) return start;
  return segment[start] === 'u' ? start + 5 : start + 1;
}
