-- Keeps house, in a bounded round: promotes due jobs, takes jobs back from dead workers, tells that these are gone, removes what is too old or too much.
--
-- KEYS     1: the event stream, which routes the script
-- ARGV     1: jobs to touch at most · 2: events kept, by age in ms · 3: and by count · 4: ended jobs kept, by age in ms · 5: and by count, of
--          each queue and state · 6: how long a worker may be missing without a sign, in ms · 7: what a worker is at that is gone, as
--          JSON · 8: the fingerprint of too many deaths · 9: '1' when jobs may have ended since the last round of the same process
--          10: '1' now and then: to look also after what seldom happens, or what a process left undone that is no more
--          then two values for each worker whose connection is gone: worker, connection
-- Returns  promoted, rescued, dead-lettered, trimmed; the milliseconds until something is due, -1 when nothing is; 1 when a schedule is due
-- Atomic   a lease is found run out in the step that takes the job back, so its holder either renewed it or lost it

local budget, jobs_age, jobs_count = tonumber(ARGV[1]), tonumber(ARGV[4]), tonumber(ARGV[5])
local promoted, rescued, dead_lettered, trimmed = 0, 0, 0, 0

local booked = call('ZRANGE', AGENDA, 0, 99, 'WITHSCORES')
local next_due = tonumber(booked[2])
local is_busy, is_thorough = ARGV[9] == '1', ARGV[10] == '1'
if is_busy or ARGV[11] or next_due and next_due <= now then
  begin_though_full()
end

-- The log comes first, for that frees memory: what is too much or too old goes, all at once, for Redis drops its pages by the hundred
-- events. The last event that went is noted, so that a reader from before is told. No event is read to be dropped: all but the last of the
-- surplus go first, and then that one is the first.
if is_busy or is_thorough then
  local events = call('XLEN', EVENTS)
  local surplus, cut = events - ARGV[3], nil
  if surplus > 0 then
    if surplus > 1 then
      call('XTRIM', EVENTS, 'MAXLEN', ARGV[3] + 1)
    end
    cut = call('XRANGE', EVENTS, '-', '+', 'COUNT', 1)[1][1]
    call('XTRIM', EVENTS, 'MAXLEN', ARGV[3])
    trimmed = trimmed + surplus
  end
  local kept_since = math.max(now - ARGV[2], 1)
  -- Asked for the last event before the first one, Redis reads the stream from its end: so the first one is looked at before.
  local first_event = events > 0 and call('XRANGE', EVENTS, '-', '+', 'COUNT', 1)[1]
  if first_event and tonumber(match(first_event[1], '^%d+')) < kept_since then
    local old = call('XREVRANGE', EVENTS, text(kept_since - 1), '-', 'COUNT', 1)[1]
    cut = old[1]
    trimmed = trimmed + call('XTRIM', EVENTS, 'MINID', text(kept_since))
  end
  if cut then
    call('HSET', LOG, 'trimmed', cut)
  end
end

-- Where a job comes to that its worker died over: it waits, unless it was called off or that happened too often.
local function fate_of(id, mark, stalls)
  if mark == '!' then
    return 'cancelled'
  end
  local deaths = match(call('HGET', JOBS, id) or '', '^%d+ (%d+)')
  return stalls >= tonumber(deaths or 1) and 'failed' or 'waiting'
end

-- When a worker was heard of last; 0 when it never was.
local signs = {}
local function sign_of(worker)
  if not signs[worker] then
    signs[worker] = tonumber(match(call('HGET', SIGNS, worker) or '', '^%d+') or 0)
  end
  return signs[worker]
end

-- Whether a worker that lives does not know of a job that it was handed, for the answer to its claim was lost: it gave signs since, until
-- shortly before the lease ran out, and none of them renewed it. How long the lease was at first, the token tells.
local function is_unheard_of(worker, began, token, expiry)
  local lease = tonumber(match(token, '%-(%d+)%-%d+$'))
  return lease and expiry == began + lease and sign_of(worker) > tonumber(began) and expiry - sign_of(worker) < lease / 2
end

-- Gives a job of a queue back, whose worker is gone; or does not know of it, and then nothing is held against the job. `expiry` is when its
-- lease ran out, nil when it did not.
local function take_back(id, queue, expiry)
  budget = budget - 1
  out_of_active(queue, id)
  local mark, attempt, token, began, worker, _, head = match(call('HGET', STANDING, id) or '', ACTIVE_LINE)
  if not mark then
    return
  end
  local traits, key, err = traits_of(id), TRAITS .. id, nil
  local stalls, fate = traits.stalls + 1, 'waiting'
  if expiry and is_unheard_of(worker, began, token, expiry) then
    attempt = text(attempt - 1)
    call('HSET', key, 'queue', queue)
    fate = mark == '!' and 'cancelled' or fate
  else
    fate = fate_of(id, mark, stalls)
    call('HSET', key, 'queue', queue, 'stalls', stalls, 'started', began, 'worker', worker,
      past(attempt, worker, began, '"its worker is gone"'))
  end
  if fate == 'waiting' then
    call('HSET', key, 'run_at', stamp)
    into_standing(id, 'w*' .. attempt)
    wait(queue, id, traits.concurrency_key, traits.priority, stamp)
    step_aside(traits.concurrency_key, id)
    rescued = rescued + 1
  else
    call('HSET', key, 'finished', stamp)
    if fate == 'failed' then
      err = '"its worker died ' .. stalls .. ' times in a row without getting any further"'
      call('HSET', key, 'error', err, 'fingerprint', ARGV[8])
      into_standing(id, 'f*' .. attempt)
      into_ended(FAILED, queue, id)
      dead_lettered = dead_lettered + 1
    else
      into_standing(id, 'x*' .. attempt)
      into_ended(CANCELLED, queue, id)
      rescued = rescued + 1
    end
    let_go(id, traits)
    look_at(queue, now + jobs_age)
  end
  tell(id, queue, head, ',"status":"' .. fate .. '","progress":' .. traits.progress .. ',"attempt":' .. attempt .. traits.said
    .. (err and ',"error":' .. err or ''))
end

-- Workers whose process is gone. A connection may break for a moment, so a worker is missed for a while before it is believed dead; and one
-- that gives signs all the same lives: only the connection is away.
local dead = {}
for at = 11, #ARGV, 2 do
  local worker = ARGV[at]
  if call('HGET', CONNECTIONS, worker) == ARGV[at + 1] then
    local since = call('HGET', MISSING, worker)
    if not since then
      call('HSET', MISSING, worker, stamp)
    elseif now - math.max(since, sign_of(worker)) >= tonumber(ARGV[6]) then
      dead[worker] = true
    end
  end
end

-- Their jobs are looked for rather than listed by worker, for workers die seldom and jobs are claimed all the time. Leases that nobody
-- renews come first, so it is enough to look at some; what is not among them comes back when its lease has run out.
if next(dead) then
  for _, queue in ipairs(call('SMEMBERS', QUEUES)) do
    local ids = call('ZRANGE', ACTIVE .. queue, 0, 4999)
    for place, line in ipairs(lines(STANDING, ids)) do
      local holder = budget > 0 and match(line or '', '^a.%d+ %S+ %d+ (.-)\n')
      if holder and dead[holder] then
        take_back(ids[place], queue)
      end
    end
  end
  settle_keys()
  flush()
  if budget > 0 then
    for worker in pairs(dead) do
      call('HSET', SIGNS, worker, (match(call('HGET', SIGNS, worker) or '', '^%d+') or stamp) .. '\n' .. ARGV[7])
      call('HDEL', CONNECTIONS, worker)
      call('HDEL', MISSING, worker)
      tell_of_end(worker)
    end
  end
end


-- Workers of which nothing is heard: those whose connections stand are frozen, and their jobs come back with their leases. After an hour
-- they are forgotten.
if is_thorough then
  local signs = call('HGETALL', SIGNS)
  for at = 1, #signs, 2 do
    local worker, heard = signs[at], match(signs[at + 1], '^%d+') or '0'
    local is_gone = seek(signs[at + 1], '"status":"gone"', 1, true)
    if now - heard > SILENCE_MS and not is_gone then
      begin_though_full()
      tell_of_end(worker)
      call('HSET', SIGNS, worker, heard .. '\n' .. ARGV[7])
    end
    if now - heard > 3600000 then
      forget_worker(worker)
    end
  end
end

-- Jobs that were completed within the last minute and are not kept belong to the queue's pace all the same.
local function note_pace(queue, old)
  local seconds = {}
  for at = 2, #old, 2 do
    if -old[at] > now - 60000 then
      local second = text(math.floor(-old[at] / 1000))
      seconds[second] = (seconds[second] or 0) + 1
    end
  end
  for second, jobs in pairs(seconds) do
    call('HINCRBY', PACE .. queue, second, jobs)
  end
  call('EXPIRE', PACE .. queue, 61)
  -- Where jobs end all the time it never expires as a whole: seconds that are over go now and then.
  if call('HLEN', PACE .. queue) > 120 then
    for _, second in ipairs(call('HKEYS', PACE .. queue)) do
      if tonumber(second) <= now / 1000 - 60 then
        later('HDEL', PACE .. queue, second)
      end
    end
  end
end

-- Removes ended jobs of one state that are too old, or more than are kept.
local function forget(set, queue)
  local surplus = call('ZCARD', set .. queue) - jobs_count
  local old = {}
  if surplus > 0 then
    old = call('ZREVRANGE', set .. queue, 0, math.min(surplus, budget) - 1, 'WITHSCORES')
  else
    old = call('ZREVRANGEBYSCORE', set .. queue, '+inf', '(' .. text(jobs_age - now), 'WITHSCORES', 'LIMIT', 0, math.max(budget, 0))
  end
  local ids = {}
  for at = 1, #old, 2 do
    ids[#ids + 1] = old[at]
  end
  for place, line in ipairs(lines(STANDING, ids)) do
    local id = ids[place]
    out_of_ended(set, queue, id)
    later('HDEL', JOBS, id)
    later('HDEL', STANDING, id)
    if sub(line or '', 2, 2) ~= '-' then
      later('DEL', TRAITS .. id, LINES .. id)
    end
  end
  if set == COMPLETED and surplus > 0 then
    note_pace(queue, old)
  end
  budget = budget - #ids
  trimmed = trimmed + #ids
end

local function forget_all(queue)
  for _, set in ipairs({ COMPLETED, FAILED, CANCELLED }) do
    if budget > 0 then
      forget(set, queue)
    end
  end
end

local function first(set, queue, plus)
  local score = call('ZRANGE', set .. queue, 0, 0, 'WITHSCORES')[2]
  return score and score + plus or math.huge
end

local function oldest(set, queue)
  local score = call('ZREVRANGE', set .. queue, 0, 0, 'WITHSCORES')[2]
  return score and jobs_age + 1 - score or math.huge
end

-- Queues in which something is due. Each is put back with the moment of what comes next.
for at = 1, #booked, 2 do
  local queue = booked[at]
  if budget > 0 and tonumber(booked[at + 1]) <= now then
    local overdue = call('ZRANGEBYSCORE', ACTIVE .. queue, '-inf', '(' .. stamp, 'WITHSCORES', 'LIMIT', 0, budget)
    for place = 1, #overdue, 2 do
      take_back(overdue[place], queue, tonumber(overdue[place + 1]))
    end
    local made_ready = promote(queue, math.max(budget, 0))
    budget = budget - made_ready
    promoted = promoted + made_ready
    forget_all(queue)
    flush()
    -- A lease or an age runs out one millisecond behind its moment.
    local next_look = math.min(first(ACTIVE, queue, 1), first(DELAYED, queue, 0), oldest(COMPLETED, queue), oldest(FAILED, queue),
      oldest(CANCELLED, queue))
    agenda[queue] = nil
    if next_look < math.huge then
      call('ZADD', AGENDA, text(next_look), queue)
    else
      call('ZREM', AGENDA, queue)
    end
  end
end

-- What is too much is on no agenda: jobs end all the time. Of very many queues some are looked at each time.
if is_busy then
  for _, queue in ipairs(call('SRANDMEMBER', QUEUES, 100)) do
    forget_all(queue)
  end
  flush()
end

local is_changed = next(agenda) or next_due and next_due <= now
settle()
if is_thorough then
  begin_though_full()
  tell_of_queues()
end
local due = next_due
if is_changed then
  due = tonumber(call('ZRANGE', AGENDA, 0, 0, 'WITHSCORES')[2])
end
local alarm = tonumber(call('ZRANGE', ALARMS, 0, 0, 'WITHSCORES')[2])
local soonest = math.min(due or math.huge, alarm or math.huge)
return { promoted, rescued, dead_lettered, trimmed, soonest < math.huge and math.max(soonest - now, 0) or -1,
  alarm and alarm <= now and 1 or 0 }
