-- Keeps house, in a bounded round: promotes due jobs, takes jobs back from dead workers, removes what is too old.
--
-- KEYS     1: the event stream, which routes the script
-- ARGV     1: jobs to touch at most · 2: events kept, by age in ms · 3: and by count · 4: ended jobs kept, by age in ms
--          5: how long a worker may be missing, in ms · then two values for each worker whose connection is gone: worker, connection
-- Returns  promoted, rescued, dead-lettered, trimmed, and the milliseconds until something is due, -1 when nothing is
-- Atomic   a lease is found run out in the step that takes the job back, so its holder either renewed it or lost it

local budget, jobs_age = tonumber(ARGV[1]), tonumber(ARGV[4])
local promoted, rescued, dead_lettered, trimmed = 0, 0, 0, 0

-- Gives a job of a queue back, whose worker is gone.
local function take_back(id, queue)
  local key = JOB .. id
  local job = redis.call('HMGET', key, 'state', 'head', 'attempt', 'stalls', 'max_stalls', 'priority', 'progress', 'said', 'unique_key')
  budget = budget - 1
  later('ZREM', ACTIVE .. queue, id)
  if job[1] ~= 'active' then
    return
  end
  local stalls = (job[4] or 0) + 1
  local rest = ',"progress":' .. (job[7] or 0) .. ',"attempt":' .. job[3] .. (job[8] or '')
  redis.call('HDEL', key, 'held')
  if stalls >= tonumber(job[5]) then
    local error = '"its worker died ' .. stalls .. ' times in a row without getting any further"'
    redis.call('HSET', key, 'state', 'failed', 'stalls', stalls, 'error', error, 'run_at', stamp, 'finished', stamp)
    into_failed(queue, id)
    release(job[9], id)
    look_at(queue, now + jobs_age)
    tell(id, queue, job[2], ',"status":"failed"' .. rest .. ',"error":' .. error)
    dead_lettered = dead_lettered + 1
  else
    redis.call('HSET', key, 'state', 'waiting', 'stalls', stalls, 'run_at', stamp)
    into_waiting(queue, id, job[6] or '0', stamp)
    tell(id, queue, job[2], ',"status":"waiting"' .. rest)
    rescued = rescued + 1
  end
end

local function forget_worker(worker)
  redis.call('ZREM', WORKERS, worker)
  redis.call('HDEL', CONNECTIONS, worker)
  redis.call('HDEL', MISSING, worker)
end

-- Workers whose process is gone. A connection may break for a moment, so a worker is missed for a while before it is believed dead.
local dead = {}
for at = 6, #ARGV, 2 do
  local worker = ARGV[at]
  if redis.call('HGET', CONNECTIONS, worker) == ARGV[at + 1] then
    local since = redis.call('HGET', MISSING, worker)
    if not since then
      redis.call('HSET', MISSING, worker, now)
    elseif now - since >= tonumber(ARGV[5]) then
      dead[worker] = true
    end
  end
end

-- Their jobs are looked for rather than listed by worker, for workers die seldom and jobs are claimed all the time. Leases that nobody
-- renews come first, so it is enough to look at some; what is not among them comes back when its lease has run out.
if next(dead) then
  for _, queue in ipairs(redis.call('SMEMBERS', QUEUES)) do
    for _, id in ipairs(redis.call('ZRANGE', ACTIVE .. queue, 0, 4999)) do
      local holder = budget > 0 and string.match(redis.call('HGET', JOB .. id, 'held') or '', '^%S+ %d+ (.*)$')
      if holder and dead[holder] then
        take_back(id, queue)
      end
    end
  end
  flush()
  if budget > 0 then
    for worker in pairs(dead) do
      forget_worker(worker)
    end
  end
end

-- Workers that have been silent for far longer than a lease.
for _, worker in ipairs(redis.call('ZRANGEBYSCORE', WORKERS, '-inf', now - 60000, 'LIMIT', 0, 10)) do
  forget_worker(worker)
end

-- Removes ended jobs of one state.
local function forget(set, queue)
  local old = redis.call('ZRANGEBYSCORE', set .. queue, '-inf', '(' .. (now - jobs_age), 'LIMIT', 0, math.max(budget, 0))
  for _, id in ipairs(old) do
    if set == FAILED then
      out_of_failed(queue, id)
    else
      later('ZREM', set .. queue, id)
    end
    later('DEL', JOB .. id)
  end
  budget = budget - #old
  trimmed = trimmed + #old
end

local function first(set, queue, plus)
  local score = redis.call('ZRANGE', set .. queue, 0, 0, 'WITHSCORES')[2]
  return score and score + plus or math.huge
end

-- Queues in which something is due. Each is put back with the moment of what comes next.
for _, queue in ipairs(redis.call('ZRANGEBYSCORE', AGENDA, '-inf', now, 'LIMIT', 0, 100)) do
  if budget > 0 then
    local expired = redis.call('ZRANGEBYSCORE', ACTIVE .. queue, '-inf', '(' .. now, 'LIMIT', 0, budget)
    for _, id in ipairs(expired) do
      take_back(id, queue)
    end
    local made_ready = promote(queue, math.max(budget, 0))
    budget = budget - made_ready
    promoted = promoted + made_ready
    forget(COMPLETED, queue)
    forget(FAILED, queue)
    forget(CANCELLED, queue)
    flush()
    -- A lease or an age runs out one millisecond behind its moment.
    local next_look = math.min(first(ACTIVE, queue, 1), first(DELAYED, queue, 0), first(COMPLETED, queue, jobs_age + 1),
      first(FAILED, queue, jobs_age + 1), first(CANCELLED, queue, jobs_age + 1))
    redis.call('ZREM', AGENDA, queue)
    agenda[queue] = nil
    if next_look < math.huge then
      look_at(queue, next_look)
    end
  end
end

-- The log: what is too much or too old goes, all at once, for Redis drops its pages by the hundred events. The last event that
-- went is noted, so that a reader from before is told. No event is read to be dropped: all but the last of the surplus go first, and then
-- that one is the first.
local surplus = redis.call('XLEN', EVENTS) - ARGV[3]
local cut
if surplus > 0 then
  if surplus > 1 then
    redis.call('XTRIM', EVENTS, 'MAXLEN', ARGV[3] + 1)
  end
  cut = redis.call('XRANGE', EVENTS, '-', '+', 'COUNT', 1)[1][1]
  redis.call('XTRIM', EVENTS, 'MAXLEN', ARGV[3])
  trimmed = trimmed + surplus
end
local old = redis.call('XREVRANGE', EVENTS, '(' .. (now - ARGV[2]), '-', 'COUNT', 1)[1]
if old then
  cut = old[1]
  trimmed = trimmed + redis.call('XTRIM', EVENTS, 'MINID', now - ARGV[2])
end
if cut then
  redis.call('HSET', LOG, 'trimmed', cut)
end

settle()
local due = redis.call('ZRANGE', AGENDA, 0, 0, 'WITHSCORES')[2]
return { promoted, rescued, dead_lettered, trimmed, due and math.max(due - now, 0) or -1 }
