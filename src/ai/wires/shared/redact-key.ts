/** The minimum length of a key fragment: shorter ones match ordinary words. */
const shortestPiece = 8;

/**
 * Redacts an API key in a provider's text: the key itself, fragments of 8 characters or more, and texts in the form of
 * a key or masked key. OpenAI's 401 repeats the first and last characters of the key.
 */
export function redactKey(text: string, apiKey: string | undefined): string {
  const generic = text
    .replaceAll(/\bBearer\s+\S+/gi, 'Bearer [redacted]')
    .replaceAll(/\b(?:sk|pk|rk|gsk|xai|hf|pplx|r8|key)[-_][\w*.-]{8,}/gi, '[redacted]')
    .replaceAll(/[^\s"':,()]*\*{3,}[^\s"',()]*/g, '[redacted]');
  return apiKey === undefined ? generic : withoutPieces(generic, apiKey);
}

function withoutPieces(text: string, apiKey: string): string {
  const shortest = Math.min(shortestPiece, apiKey.length);
  if (shortest === 0) return text;
  let redactedText = '';
  for (let start = 0; start < text.length; ) {
    let end = start + shortest;
    if (end > text.length || !apiKey.includes(text.slice(start, end))) {
      redactedText += text[start];
      start += 1;
      continue;
    }
    while (end < text.length && apiKey.includes(text.slice(start, end + 1))) end += 1;
    redactedText += '[redacted]';
    start = end;
  }
  return redactedText;
}
