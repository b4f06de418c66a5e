/**
 * US dollars as integers: nano-dollars for the cost of a call, pico-dollars for the price of a token, because $0.0028
 * per million tokens is 2.8 nano-dollars per token. Outside this module they are decimal strings. No amount is ever a
 * float, and rounding is always up.
 */

const nanosPerDollar = 1_000_000_000n;
/** For amounts that are numbers: of metrics, alerts and spans. */
export const nanoPerUsd = 1e9;
const picosPerNano = 1_000n;

/** Digits, optionally with decimals: the format of the configuration and of headers. */
const decimal = /^(\d{1,15})(?:\.(\d{1,30}))?$/;

/** A decimal times 10^`places`; further decimals are rounded up. `undefined` if it is not a decimal. */
function scaled(text: string, places: number): bigint | undefined {
  const match = decimal.exec(text);
  if (match === null) return undefined;
  const [, whole = '', fraction = ''] = match;
  const scaled = BigInt(whole + fraction.slice(0, places).padEnd(places, '0'));
  return /[1-9]/.test(fraction.slice(places)) ? scaled + 1n : scaled;
}

/** `0.00014` as nano-dollars: 140000n. `undefined` for anything but a plain decimal of at least 0. */
export function parseUsd(text: string): bigint | undefined {
  return scaled(text, 9);
}

/** Nano-dollars as the shortest exact decimal of dollars: 140000n is `0.00014`. */
export function formatUsd(nanoUsd: bigint): string {
  if (nanoUsd < 0n) return `-${formatUsd(-nanoUsd)}`;
  const whole = nanoUsd / nanosPerDollar;
  const fraction = nanoUsd % nanosPerDollar;
  if (fraction === 0n) return whole.toString();
  return `${whole}.${fraction.toString().padStart(9, '0').replace(/0+$/, '')}`;
}

/** Dollars per million tokens, as price lists write them, in pico-dollars per token: `0.0028` is 2800n. */
export function picoPerToken(usdPerMillion: string): bigint | undefined {
  return scaled(usdPerMillion, 6);
}

/** Dollars per thousand calls, in pico-dollars per call: `12` is 12 000 000 000n. */
export function picoPerCall(usdPerThousand: string): bigint | undefined {
  return scaled(usdPerThousand, 9);
}

/** The only rounding of a call's price: up, so that a sum of calls is never less than the actual cost. */
export function nanoOfPico(picoUsd: bigint): bigint {
  return picoUsd <= 0n ? 0n : (picoUsd + picosPerNano - 1n) / picosPerNano;
}
