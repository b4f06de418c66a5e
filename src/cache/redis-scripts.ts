/**
 * What the Redis store asks of Redis: three scripts, each one round trip and atomic.
 *
 * An entry is one string: a line (`i1 <stored at> <fresh until> <CRC-32>`, then ` <tag>:<token>` for each tag), a line
 * feed, and the value's bytes. All times are Redis's own, so that gateways' clocks need not agree.
 *
 * A tag is one key that holds a random token. An entry is given only while every one of its tags still holds the token
 * it had when the entry was stored; to invalidate is to write another. So invalidating takes the same time for one
 * entry as for a million, needs no set of keys that outlives them, and is safe under every eviction policy: a tag that
 * Redis has evicted fits no entry, where a counter that begins again at 0 would bring old entries back to life. Beside
 * its token a tag says when it was last invalidated, against values that were being made meanwhile.
 *
 * The scripts reach tags that they find in the entry, which Redis Cluster does not allow: one server, or one behind
 * Sentinel.
 */

/** `KEYS`: the entry. `ARGV`: the prefix of tag keys, the most bytes to read. Answers nil, or the time and the entry. */
export const readScript = `
local size = redis.pcall('STRLEN', KEYS[1])
if size == 0 and redis.call('EXISTS', KEYS[1]) == 0 then return false end
local line, entry
if type(size) == 'number' and size <= tonumber(ARGV[2]) then
  entry = redis.call('GET', KEYS[1])
  line = string.match(entry, '^i1 [^\\n]*\\n')
end
if line then
  for tag, token in string.gmatch(line, ' (%x+):(%x+)') do
    local held = redis.pcall('GET', ARGV[1] .. tag)
    if type(held) ~= 'string' or string.match(held, '^(%x+):') ~= token then line = nil break end
  end
end
if not line then
  redis.pcall('UNLINK', KEYS[1])
  return false
end
local time = redis.call('TIME')
return { time[1] * 1000 + math.floor(time[2] / 1000), entry }
`;

/**
 * `KEYS`: the entry, its tags. `ARGV`: the value, its fresh and its stale milliseconds, how long ago it was read, its
 * CRC-32, a token for tags that have none, the tags. Answers whether it was stored. The entry is written first: Redis
 * refuses that where its memory is full, and nothing after the first write.
 */
export const writeScript = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local keep = ARGV[2] + ARGV[3]
local line = string.format('i1 %.0f %.0f %s', now, now + ARGV[2], ARGV[5])
local made, kept = {}, {}
for index = 2, #KEYS do
  local held = redis.pcall('GET', KEYS[index])
  local token, invalidated
  if type(held) == 'string' then token, invalidated = string.match(held, '^(%x+):(%d+)$') end
  if token then
    if tonumber(invalidated) > now - ARGV[4] then return 0 end
    if redis.call('PTTL', KEYS[index]) < keep then kept[#kept + 1] = KEYS[index] end
  else
    token = ARGV[6]
    made[#made + 1] = KEYS[index]
  end
  line = line .. ' ' .. ARGV[index + 5] .. ':' .. token
end
redis.call('SET', KEYS[1], line .. '\\n' .. ARGV[1], 'PX', keep)
for _, tag in ipairs(made) do redis.call('SET', tag, ARGV[6] .. ':0', 'PX', keep) end
for _, tag in ipairs(kept) do redis.call('PEXPIRE', tag, keep) end
return 1
`;

/**
 * `KEYS`: the tag. `ARGV`: its new token, how long it is remembered in milliseconds: longer than making any value takes.
 * The token may go before the entries do: a tag without one fits none of them.
 */
export const invalidateScript = `
local time = redis.call('TIME')
redis.call('SET', KEYS[1], string.format('%s:%.0f', ARGV[1], time[1] * 1000 + math.floor(time[2] / 1000)), 'PX', ARGV[2])
return 1
`;
