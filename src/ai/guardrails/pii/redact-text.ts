/** Texts for records and logs: what the guards look for, masked one way as `[EMAIL]`, whatever its mode. */
import type { SpanFinder, SpanRules } from '../segments/find-spans.ts';
import { Segmenter } from '../segments/segmenter.ts';

export function redactText(text: string, finder: SpanFinder, rules: SpanRules): string {
  let redacted = '';
  let from = 0;
  const segmenter = new Segmenter(rules.needs, {
    begin: (whole) => finder.begin(whole),
    segment(whole, start, end, features) {
      if (!finder.isWorthIt(features)) return;
      for (const span of finder.find(whole.slice(start, end), features)) {
        redacted += `${whole.slice(from, start + span.start)}${oneWay(span.rule)}`;
        from = start + span.end;
      }
    },
    done() {},
  });
  segmenter.feedAll(text);
  return from === 0 ? text : redacted + text.slice(from);
}

/** A mask that nothing is put back for. */
export function oneWay(rule: string): string {
  return `[${rule.toUpperCase()}]`;
}
