/**
 * The Lua scripts of the Redis store, each one round trip and atomic.
 *
 * An entry is one string: a line (`i1 <stored at> <fresh until> <CRC-32>`, then ` <tag>:<token>` for each tag), a line
 * feed, and the value's bytes. All times are Redis's own, so that gateways' clocks need not agree.
 *
 * A tag is one key with a random token. An entry is returned only if every one of its tags still has the token that it
 * had when the entry was stored; an invalidation writes another token. So invalidating takes the same time for one
 * entry as for a million, needs no set of keys that outlives them, and is safe under every eviction policy: an evicted
 * tag matches no entry, whereas a counter that restarts at 0 would make old entries valid again. A tag also has the
 * time of its last invalidation, to reject values that were computed before it.
 *
 * The scripts access tags that they find in the entry, which Redis Cluster does not allow: one server, or one behind
 * Sentinel.
 */

/**
 * `KEYS`: the entry. `ARGV`: the prefix of tag keys, the maximum of bytes to read. Returns nil, or the time and the
 * entry.
 */
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
    local stored = redis.pcall('GET', ARGV[1] .. tag)
    if type(stored) ~= 'string' or string.match(stored, '^(%x+):') ~= token then line = nil break end
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
 * `KEYS`: the entry, its tags. `ARGV`: the value, its fresh and its stale milliseconds, how long ago its sources were
 * read, its CRC-32, a token for new tags, the tags. Returns whether it was stored. The entry is written first: Redis
 * refuses that if its memory is full, and nothing after the first write.
 */
export const writeScript = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local lifetime = ARGV[2] + ARGV[3]
local line = string.format('i1 %.0f %.0f %s', now, now + ARGV[2], ARGV[5])
local created, extended = {}, {}
for index = 2, #KEYS do
  local stored = redis.pcall('GET', KEYS[index])
  local token, invalidated
  if type(stored) == 'string' then token, invalidated = string.match(stored, '^(%x+):(%d+)$') end
  if token then
    if tonumber(invalidated) > now - ARGV[4] then return 0 end
    if redis.call('PTTL', KEYS[index]) < lifetime then extended[#extended + 1] = KEYS[index] end
  else
    token = ARGV[6]
    created[#created + 1] = KEYS[index]
  end
  line = line .. ' ' .. ARGV[index + 5] .. ':' .. token
end
redis.call('SET', KEYS[1], line .. '\\n' .. ARGV[1], 'PX', lifetime)
for _, tag in ipairs(created) do redis.call('SET', tag, ARGV[6] .. ':0', 'PX', lifetime) end
for _, tag in ipairs(extended) do redis.call('PEXPIRE', tag, lifetime) end
return 1
`;

/**
 * `KEYS`: the tag. `ARGV`: its new token, its TTL in milliseconds: longer than computing any value takes. The token may
 * expire before the entries do: a tag without a token matches no entry.
 */
export const invalidateScript = `
local time = redis.call('TIME')
redis.call('SET', KEYS[1], string.format('%s:%.0f', ARGV[1], time[1] * 1000 + math.floor(time[2] / 1000)), 'PX', ARGV[2])
return 1
`;

/** `KEYS`: a lease. `ARGV`: its holder's token. It is ended unless another holds it. */
export const releaseScript = `
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0
`;
