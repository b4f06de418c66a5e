/** The input check of a call: matches are reported, masked by placeholders, or block the call. */
import type { GuardrailsConfig } from '../../config/index.ts';
import { type Finding, Findings, type Span } from './finding.ts';
import type { InjectionHit } from './injection/injection-hit.ts';
import { scoreTexts } from './injection/score-texts.ts';
import { noPlaceholders, PlaceholderMint } from './pii/placeholders.ts';
import { type MaskedSpan, withRepeats } from './pii/repeated-values.ts';
import { SpanFinder, type SpanRules } from './segments/find-spans.ts';
import { Segmenter } from './segments/segmenter.ts';
import type { GuardedText, InputVerdict } from './verdict.ts';

const none: readonly Span[] = Object.freeze([]);

export function createInputCheck(
  config: GuardrailsConfig,
  rules: SpanRules,
  key: Uint8Array,
): (texts: readonly GuardedText[]) => InputVerdict {
  const { injection } = config;
  const looksForSpans = rules.interesting !== 0 || rules.patterns.length > 0;

  return (texts) => {
    const findings = new Findings();
    const finder = new SpanFinder(rules);
    const masks: (readonly Span[])[] = [];
    let masked = false;
    const scored = injection === undefined ? undefined : scoreTexts(texts, injection.threshold);
    if (injection !== undefined && scored !== undefined)
      for (const rule of scored.rules) findings.add('injection', rule, injection.mode, scored.score);
    for (const [index, { text }] of texts.entries()) {
      const spans = looksForSpans ? spansOf(text, finder, rules) : none;
      for (const { guard, rule, mode } of spans) findings.add(guard, rule, mode);
      let toMask = spans.length === 0 ? none : spans.filter(({ mode }) => mode === 'mask');
      const orders = scored?.hits[index];
      if (orders !== undefined && orders.length > 0 && injection?.mode === 'mask')
        toMask = withOrders(toMask, orders, text);
      masked ||= toMask.length > 0;
      masks.push(toMask);
    }
    const list: readonly Finding[] = findings.list();
    if (findings.blocked) return { kind: 'blocked', findings: list };
    if (!masked) return { kind: 'pass', texts, placeholders: noPlaceholders, findings: list };
    return { kind: 'pass', ...maskTexts(texts, masks, key), findings: list };
  };
}

function spansOf(text: string, finder: SpanFinder, rules: SpanRules): readonly Span[] {
  let spans: Span[] | undefined;
  const segmenter = new Segmenter(rules.needs, {
    begin: (whole) => finder.begin(whole),
    segment(whole, start, end, features) {
      if (!finder.isWorthIt(features)) return;
      for (const span of finder.find(whole.slice(start, end), features)) {
        spans ??= [];
        spans.push({ ...span, start: span.start + start, end: span.end + start });
      }
    },
    done() {},
  });
  segmenter.feedAll(text);
  return spans ?? none;
}

/** The maximum length of a removed clause, in characters. */
const clauseRest = 200;
const clauseEnd = /[.!?,;](?=\s|$)|[。！？，、\n]|\s(?:and|und|et|y|e|en|och|и|ve)\s/u;

/** Injected orders are removed to the end of their clause, including personal data inside them. */
function withOrders(spans: readonly Span[], hits: readonly InjectionHit[], text: string): readonly Span[] {
  const orders: Span[] = [];
  for (const hit of [...hits].sort((a, b) => a.start - b.start)) {
    const { start } = hit;
    const clause = clauseEnd.exec(text.slice(hit.end, hit.end + clauseRest));
    const end = clause === null ? Math.min(text.length, hit.end + clauseRest) : hit.end + clause.index;
    const last = orders.at(-1);
    if (last !== undefined && start <= last.end) orders[orders.length - 1] = { ...last, end: Math.max(last.end, end) };
    else orders.push({ start, end, guard: 'injection', rule: 'removed', mode: 'mask' });
  }
  // Personal data that overlaps the end of an order is removed with it.
  const apart = spans.filter((span) => {
    for (const [index, order] of orders.entries())
      if (span.start < order.end && order.start < span.end) {
        orders[index] = { ...order, start: Math.min(order.start, span.start), end: Math.max(order.end, span.end) };
        return false;
      }
    return true;
  });
  return [...apart, ...orders].sort((a, b) => a.start - b.start);
}

/** Personal data and secrets are restored in the answer; orders and blocked patterns are not. */
function maskTexts(texts: readonly GuardedText[], masks: readonly (readonly Span[])[], key: Uint8Array) {
  const mint = new PlaceholderMint(
    key,
    texts.map(({ text }) => text),
  );
  const values = new Map<string, Span>();
  for (const [index, spans] of masks.entries()) {
    const { text = '', scope } = texts[index] ?? {};
    for (const span of spans) {
      if (!isRestorable(span)) continue;
      const value = text.slice(span.start, span.end);
      mint.name(span.rule, value, scope);
      if (!values.has(value)) values.set(value, span);
    }
  }
  const { placeholders, of } = mint.mint();
  const maskedTexts = texts.map((guarded, index) => {
    const marked = masks[index] ?? none;
    const spans: readonly MaskedSpan[] =
      guarded.role === 'assistant' ? withRepeats(guarded.text, marked, values) : marked;
    if (spans.length === 0) return guarded;
    let masked = '';
    let from = 0;
    for (const span of spans) {
      masked += guarded.text.slice(from, span.start);
      masked += isRestorable(span)
        ? of(span.rule, span.value ?? guarded.text.slice(span.start, span.end))
        : `[${span.guard === 'injection' ? 'REMOVED' : span.rule.toUpperCase()}]`;
      from = span.end;
    }
    return { ...guarded, text: masked + guarded.text.slice(from) };
  });
  return { texts: maskedTexts, placeholders };
}

function isRestorable({ guard }: Span): boolean {
  return guard === 'pii' || guard === 'secrets';
}
