-- Keeps house, in a bounded round: promotes due jobs, takes jobs back from dead workers, removes what is too old.
--
-- KEYS     1: the event stream, which routes the script
-- ARGV     1: things to touch at most · 2: events kept, by age in ms · 3: and by count · 4: ended jobs kept, by age in ms
--          5: how long a worker may be missing, in ms · then two values for each worker whose connection is gone: worker, connection
-- Returns  promoted, rescued, dead-lettered, trimmed, and the milliseconds until something is due, -1 when nothing is
-- Atomic   a lease is found run out in the step that takes the job back, so its holder either renewed it or lost it

local budget, jobs_age = tonumber(ARGV[1]), tonumber(ARGV[4])
local promoted, rescued, dead_lettered, trimmed = 0, 0, 0, 0

-- `queue` is told by who found the job there.
local function take_back(id, worker, queue)
  local key = JOB .. id
  local job = redis.call('HMGET', key, 'state', 'queue', 'head', 'attempt', 'worker', 'stalls', 'max_stalls', 'priority',
    'progress', 'said', 'unique_key')
  budget = budget - 1
  if job[1] ~= 'active' or job[5] ~= worker then
    later('SREM', HELD .. worker, id)
    if queue then
      later('ZREM', ACTIVE .. queue, id)
    end
    return
  end
  queue = job[2]
  local stalls = (job[6] or 0) + 1
  local rest = ',"progress":' .. (job[9] or 0) .. ',"attempt":' .. job[4] .. (job[10] or '')
  out_of_active(queue, id, worker)
  redis.call('HDEL', key, 'token')
  if stalls >= tonumber(job[7]) then
    local error = '"its worker died ' .. stalls .. ' times in a row without getting any further"'
    redis.call('HSET', key, 'state', 'failed', 'stalls', stalls, 'error', error, 'run_at', now, 'finished', now)
    into_failed(queue, id)
    release(job[11], id)
    look_at(queue, now + jobs_age)
    tell(id, queue, job[3], ',"status":"failed"' .. rest .. ',"error":' .. error)
    dead_lettered = dead_lettered + 1
  else
    redis.call('HSET', key, 'state', 'waiting', 'stalls', stalls, 'run_at', now)
    into_waiting(queue, id, job[8], now)
    tell(id, queue, job[3], ',"status":"waiting"' .. rest)
    rescued = rescued + 1
  end
end

local function forget_worker(worker)
  redis.call('ZREM', WORKERS, worker)
  redis.call('HDEL', CONNECTIONS, worker)
  redis.call('HDEL', MISSING, worker)
end

-- Workers whose process is gone. A connection may break for a moment, so a worker is missed for a while before it is believed dead.
for at = 6, #ARGV, 2 do
  local worker = ARGV[at]
  if redis.call('HGET', CONNECTIONS, worker) == ARGV[at + 1] then
    local since = redis.call('HGET', MISSING, worker)
    if not since then
      redis.call('HSET', MISSING, worker, now)
    elseif now - since >= tonumber(ARGV[5]) then
      local held = budget > 0 and redis.call('SRANDMEMBER', HELD .. worker, budget) or {}
      for _, id in ipairs(held) do
        take_back(id, worker)
      end
      if budget > 0 then
        forget_worker(worker)
      end
    end
  end
end
flush()

-- Workers that have been silent for long and hold nothing: nobody waits for them.
for _, worker in ipairs(redis.call('ZRANGEBYSCORE', WORKERS, '-inf', now - 60000, 'LIMIT', 0, 10)) do
  if redis.call('EXISTS', HELD .. worker) == 0 then
    forget_worker(worker)
  end
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
      take_back(id, redis.call('HGET', JOB .. id, 'worker') or '', queue)
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

-- The log: what is too old or too much goes, the oldest first, and how far it was cut is noted, so that a reader from before is told.
local length = redis.call('XLEN', EVENTS)
local excess, oldest_kept = length - ARGV[3], now - ARGV[2]
local oldest = redis.call('XRANGE', EVENTS, '-', '+', 'COUNT', 1)[1]
local function is_old(entry)
  return tonumber(string.match(entry[1], '^%d+')) < oldest_kept
end
if budget > 0 and oldest and (excess > 0 or is_old(oldest)) then
  local cut, count = nil, 0
  for place, entry in ipairs(redis.call('XRANGE', EVENTS, '-', '+', 'COUNT', budget)) do
    if place > excess and not is_old(entry) then
      break
    end
    cut, count = entry[1], place
  end
  redis.call('XTRIM', EVENTS, 'MAXLEN', length - count)
  redis.call('HSET', LOG, 'trimmed', cut)
  trimmed = trimmed + count
end

settle()
local due = redis.call('ZRANGE', AGENDA, 0, 0, 'WITHSCORES')[2]
return { promoted, rescued, dead_lettered, trimmed, due and math.max(due - now, 0) or -1 }
