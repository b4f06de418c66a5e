/** The shortest piece of a key that is looked for: shorter ones are found in ordinary words. */
const shortestPiece = 8;

/**
 * Takes an API key out of text a provider sent: the key itself, any piece of it of 8 characters or more, and what
 * looks like a key or a masked one. OpenAI's 401 repeats the first and the last characters of the key it was sent.
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
