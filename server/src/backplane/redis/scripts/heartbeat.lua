-- Renews leases, and notes that their worker lives; tells what it is at, where that is news.
--
-- KEYS     1: the event stream, which routes the script
-- ARGV     1: the worker · 2: the lease in ms · 3: what it is at, as JSON · then two values a lease, up to 1,000 of them: id, token
-- Returns  two lists of places, from 1: the leases that are somebody else's by now, and those whose jobs were called off
-- Atomic   a lease is renewed in the step that finds it held, so none is renewed that a rescue took away

local lost, off, ids, expiry = {}, {}, {}, text(now + ARGV[2])
for at = 4, #ARGV, 2 do
  ids[#ids + 1] = ARGV[at]
end
for place, line in ipairs(lines(STANDING, ids)) do
  local mark, token, worker, queue = match(line or '', '^a(.)%d+ (%S+) %d+ (.-)\n(.-)\n')
  if token == ARGV[place * 2 + 3] and worker == ARGV[1] then
    later('ZADD', ACTIVE .. queue, expiry, ids[place])
    if mark == '!' then
      off[#off + 1] = place
    end
  else
    lost[#lost + 1] = place
  end
end
-- One that Redis has forgotten has no profile, and is in no list before it joins again.
local sign = stamp .. '\n' .. ARGV[3]
if type(redis.pcall('HSET', SIGNS, ARGV[1], sign)) == 'table' then
  -- Refused as the first write, it is not as the second.
  begin_though_full()
  call('HSET', SIGNS, ARGV[1], sign)
end
tell_of_worker(ARGV[1], ARGV[3])
flush()
return { lost, off }
