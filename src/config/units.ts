const durationUnits: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const sizeUnits: Readonly<Record<string, number>> = { b: 1, kb: 1_000, mb: 1_000_000, gb: 1_000_000_000 };

export const durationPattern: RegExp = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/;
export const sizePattern: RegExp = /^(\d+(?:\.\d+)?)(b|kb|mb|gb)$/;

function parse(text: string, pattern: RegExp, units: Readonly<Record<string, number>>): number | undefined {
  const match = pattern.exec(text);
  const factor = match?.[2] === undefined ? undefined : units[match[2]];
  return factor === undefined ? undefined : Math.round(Number(match?.[1]) * factor);
}

/** `500ms`, `10s`, `5m`, `2h`, `1d` in milliseconds; `undefined` for anything else. */
export function parseDuration(text: string): number | undefined {
  return parse(text, durationPattern, durationUnits);
}

/** `100kb`, `1mb` in bytes (decimal units); `undefined` for anything else. */
export function parseSize(text: string): number | undefined {
  return parse(text, sizePattern, sizeUnits);
}
