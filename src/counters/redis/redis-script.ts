/**
 * The script that changes counters in Redis: all of them or none, in one round trip. All times are Redis's own, so that the
 * clocks of gateways need not agree.
 *
 * `KEYS`: the counters. `ARGV`: the time in milliseconds, or an empty text for Redis's; then for each counter its amount, its
 * maximum or an empty text, its kind (`p`: until it is subtracted, `f`: a fixed window, `s`: a sliding one), the window's
 * length, and the time that the amount corrects or an empty text. Returns `{1, time, amounts…}` or `{0, index, milliseconds
 * until there is room, amount}`.
 *
 * A counter is a hash. `a` is its amount. A fixed window has its end in `e`. A sliding one has an amount for each of its
 * sixtieths, by their number since 1970, and in `n` the newest; `a` is their sum, from which those are taken that are past.
 */
export const addScript = `
local now = tonumber(ARGV[1])
if not now then
  local time = redis.call('TIME')
  now = time[1] * 1000 + math.floor(time[2] / 1000)
end
local steps, buckets = 60, 61
local function int(number) return string.format('%.0f', number) end

local function sliding(key, ms)
  local step = math.floor(now * steps / ms)
  local stored = redis.call('HMGET', key, 'a', 'n')
  local amount, newest = tonumber(stored[1] or 0), tonumber(stored[2])
  if not newest then return amount, step end
  if step <= newest then return amount, newest end
  if step - newest >= buckets then
    redis.call('DEL', key)
    return 0, step
  end
  for past = newest - buckets + 1, step - buckets do
    local bucket = redis.call('HGET', key, int(past))
    if bucket then
      amount = amount - bucket
      redis.call('HDEL', key, int(past))
    end
  end
  redis.call('HSET', key, 'a', int(amount), 'n', int(step))
  return amount, step
end

local function slidingRoom(key, ms, newest, total, amount, max)
  for step = newest - buckets + 1, newest do
    total = total - tonumber(redis.call('HGET', key, int(step)) or 0)
    if total + amount <= max then return math.max(0, math.ceil((step + buckets) * ms / steps - now)) end
  end
  return math.ceil(buckets * ms / steps)
end

local current, newest, ends = {}, {}, {}
local refused, room = nil, 0
for index, key in ipairs(KEYS) do
  local at = 2 + (index - 1) * 5
  local amount, max, kind, ms = tonumber(ARGV[at]), tonumber(ARGV[at + 1]), ARGV[at + 2], tonumber(ARGV[at + 3])
  if kind == 's' then
    current[index], newest[index] = sliding(key, ms)
  else
    local stored = redis.call('HMGET', key, 'a', 'e')
    current[index], ends[index] = tonumber(stored[1] or 0), tonumber(stored[2] or 0)
    if kind == 'f' and ends[index] <= now then current[index], ends[index] = 0, 0 end
  end
  if amount > 0 and max and current[index] + amount > max then
    refused = refused or index
    if kind == 's' then
      room = math.max(room, slidingRoom(key, ms, newest[index], current[index], amount, max))
    elseif ends[index] and ends[index] > now then
      room = math.max(room, ends[index] - now)
    end
  end
end
if refused then return { 0, refused - 1, room, int(current[refused]) } end

local reply = { 1, now }
for index, key in ipairs(KEYS) do
  local at = 2 + (index - 1) * 5
  local amount, kind, ms, corrected = tonumber(ARGV[at]), ARGV[at + 2], tonumber(ARGV[at + 3]), tonumber(ARGV[at + 4])
  if kind == 's' then
    local step = newest[index]
    if corrected and corrected < now then step = math.floor(corrected * steps / ms) end
    local isForgotten = newest[index] - step >= buckets or (corrected and redis.call('EXISTS', key) == 0)
    if not isForgotten then
      current[index] = current[index] + amount
      redis.call('HINCRBY', key, int(step), int(amount))
      redis.call('HSET', key, 'a', int(current[index]), 'n', int(newest[index]))
      redis.call('PEXPIRE', key, int(ms * 2 + 60000))
    end
  elseif kind == 'f' then
    local isForgotten = corrected and (ends[index] == 0 or corrected < ends[index] - ms)
    if not isForgotten then
      if ends[index] == 0 then ends[index] = now + ms end
      current[index] = current[index] + amount
      redis.call('HSET', key, 'a', int(current[index]), 'e', int(ends[index]))
      redis.call('PEXPIRE', key, int(ms * 2 + 60000))
    end
  else
    current[index] = current[index] + amount
    redis.call('HSET', key, 'a', int(current[index]))
  end
  reply[#reply + 1] = int(current[index])
end
return reply
`;
