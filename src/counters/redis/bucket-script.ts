import { type BucketState, type BucketTake, stateOf, type TakeOutcome } from '../buckets/token-buckets.ts';

/**
 * The script that takes tokens of buckets in Redis: of all or of none, in one round trip. A bucket is one number, when it is
 * full again by Redis's clock, in microseconds; one that is full is not there.
 *
 * `KEYS`: the buckets. `ARGV`: the time in milliseconds or an empty text for Redis's; then for each bucket how many
 * microseconds its tokens take to come, how long a full one takes, and how long may be waited. Negative tokens are put back.
 * Returns `{1, microseconds until each is full…}` or `{0, index, microseconds to wait, microseconds until each is full…}`.
 */
export const bucketScript = `
local now = tonumber(ARGV[1])
if now then
  now = now * 1000
else
  local time = redis.call('TIME')
  now = time[1] * 1000000 + time[2]
end
local function int(number) return string.format('%.0f', number) end
local fullIn, refused, retry = {}, nil, 0
for index, key in ipairs(KEYS) do
  local at = 2 + (index - 1) * 3
  local cost, whole, delay = tonumber(ARGV[at]), tonumber(ARGV[at + 1]), tonumber(ARGV[at + 2])
  fullIn[index] = math.max(0, tonumber(redis.call('GET', key) or 0) - now)
  if cost > 0 then
    local missing = fullIn[index] + math.min(cost, whole) - whole
    if missing > delay + 1 then
      refused = refused or index
      retry = math.max(retry, missing - delay)
    end
  end
end
local reply = refused and { 0, refused - 1, int(retry) } or { 1 }
for index, key in ipairs(KEYS) do
  if not refused then
    fullIn[index] = math.max(0, fullIn[index] + tonumber(ARGV[2 + (index - 1) * 3]))
    if fullIn[index] == 0 then redis.call('DEL', key)
    else redis.call('SET', key, int(now + fullIn[index]), 'PX', int(fullIn[index] / 1000 + 1000)) end
  end
  reply[#reply + 1] = int(fullIn[index])
end
return reply
`;

/** @param sign -1: they are put back */
export function takeValues({ tokens, rate }: BucketTake, sign: 1 | -1): readonly string[] {
  return [
    String(Math.round((sign * tokens * 1_000) / rate.tokensPerMs)),
    String(Math.round((rate.burst * 1_000) / rate.tokensPerMs)),
    String(Math.round(rate.delayMs * 1_000)),
  ];
}

/** @returns undefined where the reply is none of the script's: Redis's values are outside data */
export function readTaken(reply: unknown, takes: readonly BucketTake[]): TakeOutcome | undefined {
  const numbers = Array.isArray(reply) ? reply.map(Number) : [];
  const [isTaken, index = 0, retryUs = 0] = numbers;
  const fullIn = numbers.slice(isTaken === 1 ? 1 : 3).map((us) => us / 1_000);
  if (!numbers.every(Number.isSafeInteger) || fullIn.length !== takes.length) return undefined;
  const states: BucketState[] = [];
  let waitMs = 0;
  for (const [position, { tokens, rate }] of takes.entries()) {
    const fullInMs = fullIn[position] ?? 0;
    states.push(stateOf(fullInMs, rate));
    // A bucket that lacked all it holds, and more, is waited for until that more is there.
    waitMs = Math.max(waitMs, fullInMs - Math.max(tokens, rate.burst) / rate.tokensPerMs);
  }
  if (isTaken !== 1) return { kind: 'refused', index, retryInMs: retryUs / 1_000, states };
  // Less is the rounding, and no timer's.
  return { kind: 'taken', waitMs: waitMs < 0.5 ? 0 : waitMs, states };
}
