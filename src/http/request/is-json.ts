/** Whether a content type is JSON in UTF-8: any other charset could be read in two ways (CVE-2026-23897). */
export function isJson(contentType: string): boolean {
  if (contentType === 'application/json') return true;
  const [essence, ...parameters] = contentType.split(';').map((part) => part.trim().toLowerCase());
  return (
    essence === 'application/json' &&
    parameters.every((parameter) => !parameter.startsWith('charset=') || /^charset="?utf-?8"?$/.test(parameter))
  );
}
