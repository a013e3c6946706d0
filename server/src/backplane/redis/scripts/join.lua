-- Says that workers live, how they present themselves, and by the end of which connection it is seen that their process is gone.
--
-- KEYS     1: the event stream, which routes the script
-- ARGV     1: the id of the connection · 2: what they are at, as JSON · 3: '1' when they have just begun; else what is known of them is
--          left; so it is of one that says again that it has begun, unless it was believed gone · then two values a worker: the worker, and its profile as JSON
-- Returns  nothing
-- Atomic   a worker that comes back on another connection is never seen with the old one and without the doubt that it is gone

for at = 4, #ARGV, 2 do
  local worker = ARGV[at]
  -- First, for it is allowed where memory is full.
  call('HDEL', MISSING, worker)
  local began = match(call('HGET', PROFILES, worker) or '', '^%d+') or stamp
  local known = match(call('HGET', SIGNS, worker) or '', '\n(.*)')
  local is_new = not known or ARGV[3] == '1' and seek(known, '"status":"gone"', 1, true)
  local sign = is_new and ARGV[2] or known
  call('HSET', SIGNS, worker, stamp .. '\n' .. sign)
  call('HSET', PROFILES, worker, began .. '\n' .. ARGV[at + 1])
  call('HSET', CONNECTIONS, worker, ARGV[1])
  tell_of_worker(worker, sign)
end
