/**
 * The scripts that change counters in Redis: all of them or none, in one round trip. All times are Redis's own, so that the
 * clocks of gateways need not agree.
 *
 * A counter is a hash. `a` is its amount. A fixed window has its end in `e`. A sliding one has an amount for each of its
 * sixtieths, by their number since 1970, and in `n` the newest; `a` is their sum, from which those are taken that are past.
 *
 * What is leased to a holder is a hash of its own, an amount for each counter, and the time until which the holder is taken
 * to be alive is its score in a sorted set. A step that finds no room gives back what the dead have leased, and looks again.
 */

/** `now`: the milliseconds of the first argument, or Redis's where that is empty. */
const readNow = `local now = tonumber(ARGV[1])
if not now then
  local time = redis.call('TIME')
  now = time[1] * 1000 + math.floor(time[2] / 1000)
end
`;

/**
 * `KEYS`: for each counter it and the one beside it (or itself); the set of holders. `ARGV`: the time in milliseconds, or an
 * empty text for Redis's; the holder, how long it is taken to be alive from now on, the prefix of what is leased; then for
 * each counter its amount, its maximum or an empty text, its kind (`p`: until it is subtracted, `f`: a fixed window, `s`: a
 * sliding one), the window's length, the time that the amount corrects or an empty text, what of it is leased, and the kind
 * (empty: there is none) and length of the one beside it. Returns `{1, time, amounts…}` or `{0, index, milliseconds until
 * there is room, amount}`, amounts with those of the counters beside them.
 */
export const addScript = `
${readNow}local holder, aliveMs, leasePrefix = ARGV[2], tonumber(ARGV[3]), ARGV[4]
local holders, count = KEYS[#KEYS], (#KEYS - 1) / 2
local steps, buckets, most = 60, 61, 9007199254740991
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

-- Its amount, and the newest step or the end of its window.
local function read(key, kind, ms)
  if kind == 's' then return sliding(key, ms) end
  local stored = redis.call('HMGET', key, 'a', 'e')
  local amount, ends = tonumber(stored[1] or 0), tonumber(stored[2] or 0)
  if kind == 'f' and ends <= now then return 0, 0 end
  return amount, ends
end

local function roomIn(key, kind, ms, place, total, amount, max)
  if kind == 's' then return slidingRoom(key, ms, place, total, amount, max) end
  if kind == 'f' and place > now then return place - now end
  return 0
end

local current, places, beside = {}, {}, {}
local function look()
  local refused, room = nil, 0
  for index = 1, count do
    local at, key, second = 5 + (index - 1) * 8, KEYS[index * 2 - 1], KEYS[index * 2]
    local amount, max, kind, ms = tonumber(ARGV[at]), tonumber(ARGV[at + 1]) or most, ARGV[at + 2], tonumber(ARGV[at + 3])
    local besideKind, besideMs, besidePlace = ARGV[at + 6], tonumber(ARGV[at + 7]), 0
    current[index], places[index] = read(key, kind, ms)
    beside[index] = 0
    if besideKind ~= '' then beside[index], besidePlace = read(second, besideKind, besideMs) end
    if amount > 0 and current[index] + beside[index] + amount > max then
      refused = refused or index
      room = math.max(room, roomIn(key, kind, ms, places[index], current[index], amount + beside[index], max))
      if besideKind ~= '' then
        room = math.max(room, roomIn(second, besideKind, besideMs, besidePlace, beside[index], amount + current[index], max))
      end
    end
  end
  return refused, room
end

local function giveBackOfDead()
  local dead = redis.call('ZRANGEBYSCORE', holders, '-inf', now, 'LIMIT', 0, 100)
  for _, name in ipairs(dead) do
    local leases = redis.call('HGETALL', leasePrefix .. name)
    for at = 1, #leases, 2 do
      if redis.call('HINCRBY', leases[at], 'a', int(-leases[at + 1])) == 0 then redis.call('DEL', leases[at]) end
    end
    redis.call('DEL', leasePrefix .. name)
    redis.call('ZREM', holders, name)
  end
  return #dead > 0
end

local refused, room = look()
if refused and giveBackOfDead() then refused, room = look() end
if refused then return { 0, refused - 1, room, int(current[refused] + beside[refused]) } end

local reply, isLeased = { 1, now }, false
for index = 1, count do
  local at, key = 5 + (index - 1) * 8, KEYS[index * 2 - 1]
  local amount, kind, ms, corrected = tonumber(ARGV[at]), ARGV[at + 2], tonumber(ARGV[at + 3]), tonumber(ARGV[at + 4])
  local leased = tonumber(ARGV[at + 5])
  if leased ~= 0 then
    local lease = leasePrefix .. holder
    if leased < 0 then
      -- What the holder has lost by then is no longer counted.
      local lost = math.max(0, -leased - tonumber(redis.call('HGET', lease, key) or 0))
      amount, leased = amount + lost, leased + lost
    end
    if leased ~= 0 and redis.call('HINCRBY', lease, key, int(leased)) == 0 then redis.call('HDEL', lease, key) end
    isLeased = isLeased or leased > 0
  end
  if kind == 's' then
    local step = places[index]
    if corrected and corrected < now then step = math.floor(corrected * steps / ms) end
    local isForgotten = places[index] - step >= buckets or (corrected and redis.call('EXISTS', key) == 0)
    if not isForgotten then
      current[index] = current[index] + amount
      redis.call('HINCRBY', key, int(step), int(amount))
      redis.call('HSET', key, 'a', int(current[index]), 'n', int(places[index]))
      redis.call('PEXPIRE', key, int(ms * 2 + 60000))
    end
  elseif kind == 'f' then
    local isForgotten = corrected and (places[index] == 0 or corrected < places[index] - ms)
    if not isForgotten then
      if places[index] == 0 then places[index] = now + ms end
      current[index] = current[index] + amount
      redis.call('HSET', key, 'a', int(current[index]), 'e', int(places[index]))
      redis.call('PEXPIRE', key, int(ms * 2 + 60000))
    end
  elseif amount ~= 0 then
    current[index] = current[index] + amount
    if current[index] == 0 then redis.call('DEL', key) else redis.call('HSET', key, 'a', int(current[index])) end
  end
  reply[#reply + 1] = int(current[index] + beside[index])
end
if isLeased then redis.call('ZADD', holders, int(now + aliveMs), holder) end
return reply
`;

/**
 * A holder says that it is alive. `KEYS`: the set of holders, what it has leased. `ARGV`: the time or an empty text, the
 * holder, how long it is taken to be alive. Returns 0 where it has leased nothing.
 */
export const aliveScript = `
${readNow}if redis.call('EXISTS', KEYS[2]) == 0 then
  redis.call('ZREM', KEYS[1], ARGV[2])
  return 0
end
redis.call('ZADD', KEYS[1], string.format('%.0f', now + tonumber(ARGV[3])), ARGV[2])
return 1
`;
