/** Redacts texts for records and logs: every configured kind is masked irreversibly as `[EMAIL]`, whatever its mode. */
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
        redacted += `${whole.slice(from, start + span.start)}${redactionLabel(span.rule)}`;
        from = start + span.end;
      }
    },
    done() {},
  });
  segmenter.feedAll(text);
  return from === 0 ? text : redacted + text.slice(from);
}

/** An irreversible mask. */
export function redactionLabel(rule: string): string {
  return `[${rule.toUpperCase()}]`;
}
