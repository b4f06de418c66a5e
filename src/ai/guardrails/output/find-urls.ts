/**
 * Finds URLs that are not allowed: any `scheme://`, `www.`, and the schemes that execute or contain content
 * (`javascript:`, `data:`, `vbscript:`), which no allow-list permits. A URL's host must be an allowed host or a
 * subdomain of one; user names, ports and back-slashes are parsed as in browsers, by the URL parser.
 */
const url =
  /(?<![A-Za-z0-9+.-])(?:[A-Za-z][A-Za-z0-9+.-]{0,30}:[\\/]{2}|www\.|[\\/]{2}(?=[A-Za-z0-9-]{1,63}\.))[^\s<>"'`()[\]{}]{1,2048}/g;
const running = /(?<![A-Za-z0-9])(?:javascript|vbscript|data):(?=[^\s<>"'`])[^\s<>"'`\])]{1,2048}/gi;
/** `data:` begins many sentences; the scheme is followed by a media type, a parameter or a comma. */
const dataUrl = /^data:(?:[a-z]+\/[a-z0-9.+-]+|;|,)/i;

export function findUrls(text: string, allow: ReadonlySet<string>, report: (start: number, end: number) => void): void {
  if (text.includes(':'))
    for (const match of text.matchAll(running))
      if (!/^data/i.test(match[0]) || dataUrl.test(match[0])) report(match.index, match.index + match[0].length);
  if (!text.includes('//') && !text.includes('\\') && !text.includes('www.')) return;
  for (const match of text.matchAll(url)) {
    const url = match[0].replace(/[.,;:!?*_]{1,9}$/, '');
    if (!isAllowed(url, allow)) report(match.index, match.index + url.length);
  }
}

function isAllowed(url: string, allow: ReadonlySet<string>): boolean {
  if (allow.size === 0) return false;
  const whole = /^[A-Za-z][A-Za-z0-9+.-]*:/.test(url) ? url : `https:${url.startsWith('www.') ? '//' : ''}${url}`;
  if (!URL.canParse(whole)) return false;
  const { protocol, hostname } = new URL(whole);
  if (protocol !== 'https:' && protocol !== 'http:') return false;
  for (let host = hostname.replace(/\.$/, ''); host !== ''; host = host.slice(host.indexOf('.') + 1)) {
    if (allow.has(host)) return true;
    if (!host.includes('.')) return false;
  }
  return false;
}
