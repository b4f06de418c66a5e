/**
 * The separators of messages in chat templates, prompt files and provider formats. In a user's text they attempt to
 * start a message of another role.
 */

import type { InjectionHit } from './injection-hit.ts';
import { colonSigns, headingSigns, openingSigns } from './read-order-words.ts';

const certain =
  /<\|\s{0,4}(?:im_start|im_end|im_sep|system|user|assistant|endoftext|eot_id|start_header_id|end_header_id|begin_of_text|channel|message|endofprompt)\b|\[\/?INST\]|<<\/?SYS>>|<\/?(?:start|end)_of_turn>|\{\{[~#]?\s{0,8}(?:role|media|history|section)\s+["']|<<<\s{0,4}dotprompt\s{0,4}:/i;

const likely =
  /(?:^|\n)[ \t>]{0,8}#{2,6}[ \t]{0,4}(?:system|(?:new|updated|additional) instructions?|assistant|developer)\b[^\n]{0,20}(?:\n|:|$)|<\/?system_prompt>|<\/(?:system|assistant|developer|instructions?)>\s{0,9}<|^[^<]{0,4000}<\/(?:system|assistant|developer|instructions?)>|<(?:system|instructions?)\s[^<>]{1,100}>|"role"\s{0,4}:\s{0,4}"(?:system|developer|assistant)"|(?:^|\n)#{2,6} ?instructions?:?[^\n]{0,20}\n[^#]{0,400}#{2,6} ?response|<system-reminder>|^[ \t]{0,8}```\s{0,4}system\b|<\/(?:user_?input|document|context|user_?message|user_?data|data|input|untrusted|content|transcript)>/i;

/** Turns of a conversation inside a text. */
const turns =
  /(?:^|\n)[ \t>*]{0,8}(?:user|human)[ \t*]{0,4}:[^\n]{0,2000}\n\s{0,8}(?:assistant|ai|bot|system)[ \t*]{0,4}:|(?:^|\n)[ \t>*]{0,8}(?:assistant|ai|bot|system)[ \t*]{0,4}:[^\n]{0,2000}\n\s{0,8}(?:user|human)[ \t*]{0,4}:|(?:^|\n)[ \t>*]{0,8}system[ \t*]{0,4}:\s{0,4}(?:you|the user|new|ignore|from now|all)\b|(?:^|\n)human[ \t]{0,4}:[^\n]{0,2000}\n{1,3}assistant[ \t]{0,4}:/i;

/** A picture or link whose URL would exfiltrate parts of the conversation. */
const leaking =
  /!?\[[^\]\n]{0,80}\]\(https?:\/\/[^\s)]{1,200}[?&=][^\s)]{0,100}(?:[A-Z]{5,}|\{[^}\n]{1,40}\}|\[[A-Za-z_ ]{3,40}\]|<[A-Za-z_ ]{3,40}>)/;

/** Tags that also occur in pages and logs. */
const tagged =
  /<(?:system|assistant|developer|instructions?)>|\[\[?(?:system|assistant|developer|admin)(?: message)?\]\]?/i;

const possible = /(?:^|\n)[ \t>*]{0,8}(?:system|assistant|developer|human)(?: message| prompt| note)?[ \t*]{0,4}:/i;

/** With its score, and the signs of which it needs at least one. */
const forms = [
  [certain, 0.9, openingSigns],
  [likely, 0.75, openingSigns | headingSigns],
  [leaking, 0.75, openingSigns],
  [turns, 0.62, colonSigns],
  [tagged, 0.6, openingSigns],
  [possible, 0.5, colonSigns],
] as const;

export function findRoleMarkers(
  text: string,
  signsPresent: number,
  wide: boolean,
  report: (hit: InjectionHit) => void,
): void {
  if (find(text, signsPresent, (start, end, score) => report({ rule: 'role_marker', score, start, end }))) return;
  if (!wide) return;
  // With full-width signs and zero-width characters between them offsets are not valid, so the whole text is the match.
  const plain = text.normalize('NFKC').replace(/\p{Cf}/gu, '');
  if (plain !== text)
    find(plain, -1, (_start, _end, score) => report({ rule: 'role_marker', score, start: 0, end: text.length }));
}

function find(
  text: string,
  signsPresent: number,
  report: (start: number, end: number, score: number) => void,
): boolean {
  for (const [form, score, needed] of forms) {
    if ((signsPresent & needed) === 0) continue;
    const match = form.exec(text);
    if (match === null) continue;
    report(match.index, match.index + match[0].length, score);
    return true;
  }
  return false;
}
