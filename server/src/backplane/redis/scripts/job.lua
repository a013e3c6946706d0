-- What every script knows of a job: the clock, the moves between the sets of its states, and the telling of what happened.
-- It stands before each script, and behind the names of keys and channels that `keys.rs` writes.
--
-- Sets are changed by `later`, many members at a time, so a script ends with `settle()`. Job, sets, event and publication are one
-- step because a script is one.

-- Redis' clock is the only one: milliseconds since 1970. Numbers become text once, for Lua takes long over it.
local function text(number)
  return string.format('%.0f', number)
end
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local stamp = text(now)

local bags = {}
-- Keeps members for one command on one key. `unpack` ends at about 8,000 values, so a bag is emptied long before.
local function later(command, key, first, second)
  local name = command .. key
  local bag = bags[name]
  if not bag then
    bag = { command, key }
    bags[name] = bag
  end
  local size = #bag
  bag[size + 1] = first
  bag[size + 2] = second
  if size > 1000 then
    redis.call(unpack(bag))
    bags[name] = nil
  end
end

local function flush()
  for _, bag in pairs(bags) do
    redis.call(unpack(bag))
  end
  bags = {}
end

-- When upkeep has to look at a queue at the latest.
local agenda = {}
local function look_at(queue, at)
  if not agenda[queue] or at < agenda[queue] then
    agenda[queue] = at
  end
end

-- The larger priority first, then the older; equal ones by their ids. A priority outweighs all times until the year 2109. All three are
-- text, and the least priority, which most jobs have, adds nothing to the time.
local was_empty = {}
local function into_waiting(queue, id, priority, run_at)
  if was_empty[queue] == nil then
    was_empty[queue] = redis.call('EXISTS', WAITING .. queue) == 0
  end
  later('ZADD', WAITING .. queue, priority == '0' and run_at or text(run_at - priority * 4398046511104), id)
end

local first_due = {}
local function into_delayed(queue, id, run_at)
  if first_due[queue] == nil then
    first_due[queue] = redis.call('ZRANGE', DELAYED .. queue, 0, 0)[1] or ''
  end
  later('ZADD', DELAYED .. queue, text(run_at), id)
  look_at(queue, run_at)
end

-- Frees the key that kept a second job of the same kind away.
local function release(unique_key, id)
  if unique_key and redis.call('HGET', UNIQUE, unique_key) == id then
    redis.call('HDEL', UNIQUE, unique_key)
  end
end

-- The second set is for other programs, under its name of the contract. It has no hash tag, so a Redis Cluster may refuse it.
local function into_failed(queue, id)
  later('ZADD', FAILED .. queue, stamp, id)
  redis.pcall('ZADD', DEAD_LETTERS_BEFORE .. queue .. DEAD_LETTERS_AFTER, stamp, id)
end

local function out_of_failed(queue, id)
  later('ZREM', FAILED .. queue, id)
  redis.pcall('ZREM', DEAD_LETTERS_BEFORE .. queue .. DEAD_LETTERS_AFTER, id)
end

-- Whether a publication could reach anybody: on a channel other than the bell, by a pattern, or behind another server. Nobody can
-- subscribe while a script runs. Where the server may not be asked, somebody may hear.
local function is_heard()
  local patterns, channels = redis.pcall('PUBSUB', 'NUMPAT'), redis.pcall('PUBSUB', 'CHANNELS')
  local replication, cluster = redis.pcall('INFO', 'replication'), redis.pcall('INFO', 'cluster')
  local others = channels.err
  for _, channel in ipairs(channels) do
    others = others or channel ~= BELL
  end
  local is_alone = type(replication) == 'string' and string.find(replication, 'connected_slaves:0', 1, true)
    and type(cluster) == 'string' and string.find(cluster, 'cluster_enabled:0', 1, true)
  return patterns ~= 0 or others or not is_alone
end

-- Publishing that is forbidden must not end a step half-way.
local function publish(channel, message)
  redis.pcall('PUBLISH', channel, message)
end

-- Writes a job's event: `head` was prepared when the job was taken in, `rest` is what changes from step to step. Publishing takes as long
-- as changing the job does, so a script that tells of many jobs asks once whether anybody hears it.
local told, heard = 0, true
local before = '{"timestamp":' .. stamp .. ',"type":"job_update",'
local function tell(id, queue, head, rest)
  local json = before .. head .. rest .. '}'
  redis.call('XADD', EVENTS, '*', 'e', json)
  told = told + 1
  if told == 16 then
    heard = is_heard()
  end
  if heard then
    publish(JOB_CHANNEL .. id, json)
    publish(TASKS_CHANNEL, json)
    publish(QUEUE_CHANNEL .. queue, json)
  end
end

-- Does what was kept for later. The bell rings for a queue that was empty, or whose next due job is another one now: whoever waits
-- has looked at it since it became empty, so nobody else has to be told.
local function settle()
  flush()
  for queue, at in pairs(agenda) do
    redis.call('ZADD', AGENDA, 'LT', text(at), queue)
  end
  for queue, rings in pairs(was_empty) do
    if rings and redis.call('EXISTS', WAITING .. queue) == 1 then
      publish(BELL, queue)
    end
  end
  for queue, first in pairs(first_due) do
    local due = redis.call('ZRANGE', DELAYED .. queue, 0, 0)[1]
    if due and due ~= first then
      publish(BELL, queue)
    end
  end
end
