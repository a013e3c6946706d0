-- Stands behind `job.lua`: the keys by which jobs keep each other away.
--
-- A unique key keeps a second job from being made. A concurrency key lets one job at a time be claimed or run: the others with it are
-- parked, which only claims see; everywhere else they wait.

-- Takes a unique key, or returns the job that has it.
local function take_unique(key, id)
  if call('SETNX', UNIQUE .. key, id) == 0 then
    return call('GET', UNIQUE .. key)
  end
end

-- A job has ended: its unique key is free, or will be when its time is over.
local function release_unique(key, id, until_then)
  if key and call('GET', UNIQUE .. key) == id then
    if until_then and tonumber(until_then) > now then
      call('PEXPIREAT', UNIQUE .. key, until_then)
    else
      call('DEL', UNIQUE .. key)
    end
  end
end

local touched = {}

-- Lets a job wait. One with a concurrency key is parked, and the key settled at the end of the step.
local function wait(queue, id, key, priority, run_at)
  local score = rank(priority or '0', run_at)
  if key then
    call('ZADD', PARKED .. queue, score, id)
    call('ZADD', BEHIND .. key, score, id)
    touched[key] = true
  else
    into_waiting(queue, id, score)
  end
end

-- A job with a concurrency key neither runs nor may be claimed any more.
local function step_aside(key, id)
  if key then
    if call('HGET', FRONT, key) == id then
      call('HDEL', FRONT, key)
    end
    touched[key] = true
  end
end

-- A job that waited does so no more.
local function out_of_waiting(queue, id, key)
  later('ZREM', WAITING .. queue, id)
  if key then
    call('ZREM', PARKED .. queue, id)
    call('ZREM', BEHIND .. key, id)
    step_aside(key, id)
  end
end

-- Passes on each key that nobody has: the first of the jobs behind it may be claimed. One whose traits are lost would never give the key
-- back: it is passed over.
local function settle_keys()
  for key in pairs(touched) do
    local is_free = call('HEXISTS', FRONT, key) == 0
    while is_free do
      local first = call('ZPOPMIN', BEHIND .. key)
      local queue = first[1] and call('HGET', TRAITS .. first[1], 'queue')
      is_free = first[1] and not queue
      if queue then
        call('ZREM', PARKED .. queue, first[1])
        call('HSET', FRONT, key, first[1])
        into_waiting(queue, first[1], first[2])
      end
    end
  end
  touched = {}
end
