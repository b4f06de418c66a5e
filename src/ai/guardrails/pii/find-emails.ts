/**
 * E-mail addresses: `local@domain.tld`, in any script, extended from each `@` in both directions. Bounded by the
 * lengths of RFC 5321 (64 before the `@`, 255 after it), so it is linear.
 */
export function findEmails(text: string, report: (start: number, end: number) => void): void {
  let after = 0;
  for (let at = text.indexOf('@'); at >= 0; at = text.indexOf('@', at + 1)) {
    let start = at;
    while (start > after && at - start < 64 && isLocal(text.charCodeAt(start - 1))) start -= 1;
    while (start < at && text.charCodeAt(start) === 46) start += 1; // the local part cannot begin with a dot
    if (start === at) continue;
    let end = at + 1;
    let lastDot = -1;
    while (end < text.length && end - at <= 255 && isDomain(text.charCodeAt(end))) {
      if (text.charCodeAt(end) === 46) lastDot = end;
      end += 1;
    }
    while (end > at + 1 && !isAlphanumeric(text.charCodeAt(end - 1))) {
      end -= 1;
      if (end === lastDot) lastDot = text.lastIndexOf('.', end - 1);
    }
    if (lastDot <= at + 1 || end - lastDot < 3 || isDigit(text.charCodeAt(lastDot + 1))) continue;
    report(start, end);
    after = end;
  }
}

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}

function isAlphanumeric(code: number): boolean {
  return isDigit(code) || (code >= 65 && code <= 90) || (code >= 97 && code <= 122) || isWideLetter(code);
}

/** Above Latin-1's signs, everything except the general punctuation and the CJK and full-width signs. */
function isWideLetter(code: number): boolean {
  return code >= 0xc0 && !(code >= 0x2000 && code <= 0x206f) && !(code >= 0x3000 && code <= 0x303f) && code < 0xfeff;
}

function isDomain(code: number): boolean {
  return isAlphanumeric(code) || code === 45 || code === 46;
}

/** The characters of RFC 5322's atext that occur in real addresses. */
function isLocal(code: number): boolean {
  return isDomain(code) || code === 95 || code === 43 || code === 37 || code === 39 || code === 38 || code === 35;
}
