/**
 * The Lua scripts of the Redis store, each one round trip and atomic. entry-format.ts says what an entry is. All times are
 * Redis's own, so that gateways' clocks need not agree.
 *
 * A tag is one key: a random token, and the time of its last invalidation. An entry is returned only if every one of its tags
 * still has the token that it had when the entry was stored; an invalidation writes another token. So invalidating takes the
 * same time for one entry as for a million, needs no set of keys that outlives them, and is safe under every eviction policy: an
 * evicted tag matches no entry, whereas a counter that restarts at 0 would make old entries valid again. The time rejects
 * values that were computed before it.
 *
 * A server that is full refuses to write (`noeviction`), and still deletes and sets times of expiry. There, an invalidation deletes
 * the tag, which then matches no entry. Its time is told by a key that was made for that, the mark: it expires `markLifeMs` after the last
 * such invalidation, whatever its tag, and what was read before is not stored.
 *
 * All keys of a call are in one slot: see redis-keys.ts.
 */

/** How long a mark lives, of which the first hour is over when it is made: nothing that is being read is older. */
const markLifeMs = 604_800_000;
const newMarkMs = markLifeMs - 3_600_000;

const now = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
`;

/**
 * `KEYS`: entries. `ARGV`: the prefix of tag keys, the maximum of bytes of one entry, and of all. Returns the time, then for each key
 * its entry or nil. What is no entry is deleted. Entries after the maximum of all are a miss.
 *
 * The entries of a wave mostly have all tags in common but the last, which is their own: those before it are compared as one text.
 */
export const readScript = `${now}
local prefix, max, room = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local tokens, blocks, last, at, reply = {}, {}, {}, {}, { now }
local function tokenOf(stored)
  return stored and #stored > 8 and string.sub(stored, 1, 8)
end
local function areCurrent(tags)
  for first = 1, #tags, 24 do
    local name = string.sub(tags, first, first + 15)
    if tokens[name] == nil then tokens[name] = tokenOf(redis.call('MGET', prefix .. name)[1]) end
    if tokens[name] ~= string.sub(tags, first + 16, first + 23) then return false end
  end
  return true
end
local entries = redis.call('MGET', unpack(KEYS))
for index, entry in ipairs(entries) do
  local isEntry = false
  if entry then
    local first, second, count = string.byte(entry, 1, 3)
    if #entry > 18 and #entry <= max and first == 105 and second == 50 and #entry >= 19 + count * 24 then
      isEntry = true
      if count > 1 then
        local tags = string.sub(entry, 20, count * 24 - 5)
        isEntry = blocks[tags]
        if isEntry == nil then
          isEntry = areCurrent(tags)
          blocks[tags] = isEntry
        end
      end
      if isEntry and count > 0 then
        at[index] = count * 24 - 4
        last[#last + 1] = prefix .. string.sub(entry, count * 24 - 4, count * 24 + 11)
      end
    end
  end
  reply[index + 1] = isEntry
end
local found, position = #last > 0 and redis.call('MGET', unpack(last)) or {}, 0
for index, entry in ipairs(entries) do
  local isEntry, start = reply[index + 1], at[index]
  if start then
    position = position + 1
    isEntry = tokenOf(found[position]) == string.sub(entry, start + 16, start + 23)
  end
  if entry then room = room - #entry end
  reply[index + 1] = isEntry and room >= 0 and entry
  if not isEntry and (entry or redis.call('EXISTS', KEYS[index]) == 1) then redis.pcall('UNLINK', KEYS[index]) end
end
return reply
`;

/**
 * `KEYS`: the mark, entries, then their tags. `ARGV`: the number of entries, a token for new tags, the entries as `packWrite` has them, the
 * names of the tags. Returns how many were stored. Entries are written first: Redis refuses that if its memory
 * is full, and nothing after the first write.
 */
export const writeScript = `${now}
local count, new, writes = tonumber(ARGV[1]), ARGV[2], ARGV[3]
local names, tokens, invalidated, lifetimes, stored = {}, {}, {}, {}, 0
local marked = redis.call('PTTL', KEYS[1])
local invalidatedAll = marked > 0 and now + marked - ${markLifeMs} or 0
for tag = 1, #KEYS - count - 1 do
  local text = redis.pcall('GET', KEYS[count + tag + 1])
  local time = type(text) == 'string' and #text > 8 and tonumber(string.sub(text, 9))
  tokens[tag] = time and string.sub(text, 1, 8)
  invalidated[tag] = time or 0
  names[tag] = ARGV[3 + tag] .. (tokens[tag] or new)
end
local at = 1
for entry = 1, count do
  local size, fresh, stale, readMsAgo, tagCount, next = struct.unpack('>I4dddI1', writes, at)
  local tags, line, isLate = {}, {}, invalidatedAll > now - readMsAgo
  for position = 1, tagCount do
    local tag
    tag, next = struct.unpack('>I2', writes, next)
    if invalidated[tag] > now - readMsAgo then isLate = true end
    tags[position], line[position] = tag, names[tag]
  end
  at = next + size
  if not isLate then
    local head = 'i2' .. string.char(tagCount) .. struct.pack('>dd', now, now + fresh)
    redis.call('SET', KEYS[entry + 1], head .. table.concat(line) .. string.sub(writes, next, at - 1), 'PX', fresh + stale)
    stored = stored + 1
    for _, tag in ipairs(tags) do lifetimes[tag] = math.max(lifetimes[tag] or 0, fresh + stale) end
  end
end
for tag, lifetime in pairs(lifetimes) do
  local key = KEYS[count + tag + 1]
  if not tokens[tag] then
    redis.call('SET', key, new .. '0', 'PX', lifetime)
  elseif redis.call('PTTL', key) < lifetime then
    redis.call('PEXPIRE', key, lifetime)
  end
end
if stored > 0 and marked < ${markLifeMs / 2} then redis.call('SET', KEYS[1], '', 'PX', ${newMarkMs}) end
return stored
`;

/**
 * `KEYS`: the tag, the mark. `ARGV`: the tag's new token, its TTL in milliseconds: longer than computing any value takes. The token may
 * expire before the entries do: a tag without a token matches no entry. Returns 0 where the server is full and has no mark.
 */
export const invalidateScript = `${now}
local written = redis.pcall('SET', KEYS[1], string.format('%s%.0f', ARGV[1], now), 'PX', ARGV[2])
if not written.err then return 1 end
redis.call('UNLINK', KEYS[1])
return redis.call('PEXPIREAT', KEYS[2], string.format('%.0f', now + ${markLifeMs}))
`;

/** `KEYS`: leases. `ARGV`: the holder's token, milliseconds. Returns for each whether the token holds it now. */
export const claimScript = `
local reply = {}
for index, key in ipairs(KEYS) do
  reply[index] = redis.call('SET', key, ARGV[1], 'NX', 'PX', ARGV[2]) and 1 or 0
end
return reply
`;

/** `KEYS`: leases. Returns for each whether anyone holds it. */
export const heldScript = `
local reply = {}
for index, key in ipairs(KEYS) do reply[index] = redis.call('EXISTS', key) end
return reply
`;

/** `KEYS`: leases. `ARGV`: the holder's token. They end, unless another holds them. */
export const releaseScript = `
for _, key in ipairs(KEYS) do
  if redis.call('GET', key) == ARGV[1] then redis.call('DEL', key) end
end
return 1
`;

/**
 * `KEYS`: the journal’s head and its list. `ARGV`: a token for a new journal, the name of a tag that has been invalidated, the
 * maximum of names, its TTL in milliseconds. A server that is full forgets the journal: who follows it then knows that it does not know.
 */
export const journalScript = `
local written = redis.pcall('HSETNX', KEYS[1], 'e', ARGV[1])
if type(written) == 'table' and written.err then
  redis.call('UNLINK', KEYS[1])
  return 1
end
redis.call('HINCRBY', KEYS[1], 'n', 1)
redis.call('LPUSH', KEYS[2], ARGV[2])
redis.call('LTRIM', KEYS[2], 0, ARGV[3] - 1)
redis.call('PEXPIRE', KEYS[1], ARGV[4])
redis.call('PEXPIRE', KEYS[2], ARGV[4])
return 1
`;

/**
 * `KEYS`: the journal’s head and its list. `ARGV`: its token and its length as they were last; a token for a new journal, and its
 * TTL in milliseconds. Returns both as they are now, and 1 with
 * the names that have come since, or 0 where it is another journal, or has not all of them any more.
 */
export const followScript = `
if redis.call('EXISTS', KEYS[1]) == 0 then
  redis.call('HSET', KEYS[1], 'e', ARGV[3])
  redis.call('PEXPIRE', KEYS[1], ARGV[4])
end
local head = redis.call('HMGET', KEYS[1], 'e', 'n')
local token, length = head[1], tonumber(head[2] or 0)
local more = length - ARGV[2]
if token ~= ARGV[1] or more < 0 or redis.call('LLEN', KEYS[2]) < more then return { token, length, 0 } end
local reply = { token, length, 1 }
if more > 0 then
  for _, name in ipairs(redis.call('LRANGE', KEYS[2], 0, more - 1)) do reply[#reply + 1] = name end
end
return reply
`;
