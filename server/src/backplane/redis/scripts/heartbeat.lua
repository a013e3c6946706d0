-- Renews leases, and notes that their worker lives.
--
-- KEYS     1: the event stream, which routes the script
-- ARGV     1: the worker · 2: the lease in ms · then two values a lease, up to 1,000 of them: id, token
-- Returns  the places, from 1, of the leases that are somebody else's by now
-- Atomic   a lease is renewed in the step that finds it held, so none is renewed that a rescue took away

local lost, expiry = {}, text(now + ARGV[2])
for at = 3, #ARGV, 2 do
  local job = redis.call('HMGET', JOB .. ARGV[at], 'held', 'state', 'queue')
  local token, worker = string.match(job[1] or '', '^(%S+) %d+ (.*)$')
  if token == ARGV[at + 1] and job[2] == 'active' and worker == ARGV[1] then
    later('ZADD', ACTIVE .. job[3], expiry, ARGV[at])
  else
    lost[#lost + 1] = (at - 1) / 2
  end
end
later('ZADD', WORKERS, stamp, ARGV[1])
settle()
return lost
