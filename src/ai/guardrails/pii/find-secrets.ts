/**
 * Secrets: keys and tokens of known formats, private keys, credentials in URLs, the values of `password=` and similar,
 * and tokens of high entropy after words such as `token`. Of an assignment only the value is the secret.
 */
import { feature } from '../segments/character-kinds.ts';

interface KnownForm {
  readonly rule: string;
  /** A substring of every such key: tested first, so that plain words need no regular expression. */
  readonly holds: readonly string[];
  readonly form: RegExp;
}

/** `(?<![…])` prevents a match inside a longer word; every quantifier is over one class. */
const forms: readonly KnownForm[] = [
  { rule: 'private_key', holds: ['-----BEGIN'], form: /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----/g },
  {
    rule: 'api_key',
    holds: ['sk-', 'sk_', 'rk_', 'pk_'],
    form: /(?<![A-Za-z0-9])(?:sk-[A-Za-z0-9_-]{16,}|[srp]k_(?:live|test)_[A-Za-z0-9]{12,})/g,
  },
  { rule: 'aws_key', holds: ['AKIA', 'ASIA'], form: /(?<![A-Za-z0-9])A[KS]IA[A-Z0-9]{16}(?![A-Za-z0-9])/g },
  {
    rule: 'github_token',
    holds: ['gh', 'github_pat_'],
    form: /(?<![A-Za-z0-9])(?:gh[pousr]_[A-Za-z0-9]{30,}|github_pat_[A-Za-z0-9_]{30,})/g,
  },
  { rule: 'gitlab_token', holds: ['glpat-'], form: /(?<![A-Za-z0-9])glpat-[A-Za-z0-9_-]{18,}/g },
  {
    rule: 'slack_token',
    holds: ['xox', 'xapp-'],
    form: /(?<![A-Za-z0-9])(?:xox[abeoprs]-[A-Za-z0-9-]{10,}|xapp-[A-Za-z0-9-]{10,})/g,
  },
  {
    rule: 'google_key',
    holds: ['AIza', 'ya29.', 'GOCSPX-'],
    form: /(?<![A-Za-z0-9])(?:AIza[A-Za-z0-9_-]{35}|ya29\.[A-Za-z0-9_-]{20,}|GOCSPX-[A-Za-z0-9_-]{20,})/g,
  },
  { rule: 'jwt', holds: ['eyJ'], form: /(?<![A-Za-z0-9])eyJ[A-Za-z0-9_-]{5,}\.[A-Za-z0-9_-]{5,}\.[A-Za-z0-9_-]{0,}/g },
  {
    rule: 'api_key',
    holds: ['npm_', 'hf_', 'SG.', 'pypi-', 'dop_v1_', 'shpat_', 'xai-', 'gsk_'],
    form: /(?<![A-Za-z0-9])(?:npm_[A-Za-z0-9]{36}|hf_[A-Za-z0-9]{30,}|SG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}|pypi-[A-Za-z0-9_-]{30,}|dop_v1_[a-f0-9]{40,}|shpat_[a-f0-9]{32}|xai-[A-Za-z0-9]{30,}|gsk_[A-Za-z0-9]{30,})/g,
  },
];

const urlCredentials = /:\/\/[^\s/:@[\]<>"']{0,64}:([^\s/@[\]<>"']{1,128})@/g;

const words =
  'passw(?:or[dt]|d)|pwd|passphrase|passcode|kennwort|wachtwoord|contrase(?:ñ|n)a|mot de passe|senha|secret|token|bearer|authorization|credentials?|(?:api|access|secret|private|client)[ _-]?key|key';

/** `password=…`, `"client_secret": "…"`, `token is …`, `Authorization: Bearer …`, up to the beginning of the value. */
const assignment = new RegExp(
  String.raw`(?:${words})["'${'`'}*]{0,3}(?<link>\s{0,4}(?:=>?|:=?)\s{0,4}|\s{1,4}(?:is|lautet|ist|es|est)\s{1,4}|\s{1,4})(?:bearer\s{1,4}|basic\s{1,4})?["'${'`'}*]{0,3}(?=[^\s"'${'`'}\[\]<>,;])`,
  'gi',
);
/** The characters of a value; only its beginning is examined, so that a text full of key words is linear. */
const value = /[^\s"'`[\]<>,;]+/y;
const judged = 64;

export function findSecrets(
  text: string,
  features: number,
  report: (rule: string, start: number, end: number) => void,
): void {
  if ((features & feature.insideKey) !== 0) {
    const end = endOfKey(text, 0);
    report('private_key', 0, end);
  }
  if ((features & (feature.longWord | feature.hyphen)) !== 0)
    for (const { rule, holds, form } of forms) {
      if (!holds.some((part) => text.includes(part))) continue;
      form.lastIndex = 0;
      for (let match = form.exec(text); match !== null; match = form.exec(text)) {
        const end = rule === 'private_key' ? endOfKey(text, match.index + match[0].length) : form.lastIndex;
        report(rule, match.index, end);
        form.lastIndex = end;
      }
    }
  if ((features & feature.at) !== 0 && text.includes('://'))
    for (const match of text.matchAll(urlCredentials)) {
      const end = match.index + match[0].length - 1;
      report('password', end - (match[1]?.length ?? 0), end);
    }
  if ((features & (feature.keyWord | feature.equals | feature.colon)) !== 0) findAssignments(text, report);
}

function findAssignments(text: string, report: (rule: string, start: number, end: number) => void): void {
  assignment.lastIndex = 0;
  for (let match = assignment.exec(text); match !== null; match = assignment.exec(text)) {
    const start = assignment.lastIndex;
    const link = match.groups?.link?.trim() ?? '';
    const isPassword = /^(?:pass|pwd|kennwort|wachtwoord|contrase|mot|senha)/i.test(match[0]);
    const beginning = /^[^\s"'`[\]<>,;]+/.exec(text.slice(start, start + judged))?.[0] ?? '';
    const statement = beginning.length < judged ? beginning.replace(/[.!?)}]{1,9}$/, '') : beginning;
    if (!(isPassword ? isPasswordValue(statement, link) : isRandom(/^[^=:]+/.exec(statement)?.[0] ?? ''))) continue;
    let end = start + statement.length;
    if (beginning.length === judged) {
      value.lastIndex = start;
      end = value.test(text) ? value.lastIndex : end;
    }
    report(isPassword ? 'password' : 'token', start, end);
    assignment.lastIndex = end;
  }
}

/** Any value after `=`; after `:` and `is` only one that is not a plain word: `password: required` is not a secret. */
function isPasswordValue(statement: string, link: string): boolean {
  if (link.startsWith('=') || link === ':=') return statement.length >= 4;
  return link !== '' && statement.length >= 5 && /[^\p{L}.,'’-]/u.test(statement);
}

/** Whether a token appears random: letters and digits mixed, 16 characters or more, over 3 bits per character. */
function isRandom(token: string): boolean {
  if (token.length < 16 || !/^[A-Za-z0-9+/_.~-]+$/.test(token)) return false;
  return /\d/.test(token) && /[A-Za-z]/.test(token) && entropy(token) > 3;
}

/** The Shannon entropy of the characters, in bits per character. */
function entropy(token: string): number {
  const counts = new Map<string, number>();
  for (const character of token) counts.set(character, (counts.get(character) ?? 0) + 1);
  let bits = 0;
  for (const count of counts.values()) bits -= (count / token.length) * Math.log2(count / token.length);
  return bits;
}

/** After the end marker, or at the end of the text: a truncated key continues in the next segment. */
function endOfKey(text: string, from: number): number {
  const marker = text.indexOf('-----END', from);
  if (marker < 0) return text.length;
  const dashes = text.indexOf('-----', marker + 8);
  return dashes < 0 ? text.length : dashes + 5;
}
