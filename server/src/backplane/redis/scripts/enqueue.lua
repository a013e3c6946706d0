-- Takes jobs in.
--
-- KEYS     1: the event stream, which routes the script
-- ARGV     ten values a job: id, queue, kind, head of its events, arguments, priority, delay in ms, attempts allowed, stalls allowed,
--          unique key or ''
-- Returns  for each job that was there already: its place among the jobs handed in, from 1, and the id of the one that is there
-- Atomic   all jobs with their events, or none: who reads "taken in" must be able to rely on every one of them, and two programs
--          that hand in the same unique key at the same moment must get one job

local there = {}
local queues = {}
for at = 1, #ARGV, 10 do
  local id, queue, key = ARGV[at], ARGV[at + 1], ARGV[at + 9]
  local found = redis.call('EXISTS', JOB .. id) == 1 and id
  if not found and key ~= '' then
    found = redis.call('HGET', UNIQUE, key)
  end
  if found then
    there[#there + 1] = (at + 9) / 10
    there[#there + 1] = found
  else
    local head, priority, delay = ARGV[at + 3], ARGV[at + 5], tonumber(ARGV[at + 6])
    local state = delay > 0 and 'delayed' or 'waiting'
    redis.call('HSET', JOB .. id, 'state', state, 'queue', queue, 'kind', ARGV[at + 2], 'head', head, 'data', ARGV[at + 4],
      'max_attempts', ARGV[at + 7], 'max_stalls', ARGV[at + 8], 'created', stamp)
    -- What most jobs do not have is not kept for them: its absence means 0, or now.
    if priority ~= '0' then
      redis.call('HSET', JOB .. id, 'priority', priority)
    end
    if delay > 0 then
      redis.call('HSET', JOB .. id, 'run_at', text(now + delay))
    end
    if key ~= '' then
      redis.call('HSET', JOB .. id, 'unique_key', key)
      redis.call('HSET', UNIQUE, key, id)
    end
    if delay > 0 then
      into_delayed(queue, id, now + delay)
    else
      into_waiting(queue, id, priority, stamp)
    end
    tell(id, queue, head, ',"status":"' .. state .. '","progress":0,"attempt":0')
    queues[queue] = true
  end
end
for queue in pairs(queues) do
  redis.call('SADD', QUEUES, queue)
end
settle()
return there
