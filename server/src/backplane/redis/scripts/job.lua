-- What every script knows of a job: the clock, how it is kept, and the telling of what happened.
-- It stands before each script, and behind the names of keys and channels that `keys.rs` writes.
--
-- A job is a line in `JOBS`, which never changes, and one in `STANDING`:
--
--   JOBS      {taken in} {worker deaths allowed} ¶ {head of its events} ¶ {arguments}
--   STANDING  {state}{mark}{attempt}                                       waiting `w`, delayed `d`, failed `f`, cancelled `x`
--             a{mark}{attempt} {token} {began} {worker} ¶ {queue} ¶ {head} active
--             c{mark}{attempt} {token} {began} {worker} ¶ {ended} {result} completed
--
-- A token ends with the lease in ms that its job was handed out for, and the job's place among those handed out with it.
--
-- The mark says whether the job has a hash of traits: `-` none, `+` one, `*` one with traces of an attempt, `!` perhaps, and the job was
-- called off. Two hashes for all jobs are read and written a thousand jobs at a time; a hash for each would cost a command for each.
--
-- A server whose memory is full refuses what may take more of it, but only as the first write of a script: it can't stop one half-way. So
-- whatever must get through then, because it ends or frees something or keeps a lease, begins with a write that is always allowed.
--
-- What is written is kept by `later`, many values at a time, so a script ends with `settle()`. Job, sets, event and publication are one
-- step because a script is one.

-- Redis' clock is the only one: milliseconds since 1970. Numbers become text once, for Lua takes long over it.
local call, sub, seek, match, byte = redis.call, string.sub, string.find, string.match, string.byte
local function text(number)
  return string.format('%.0f', number)
end
local clock = call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local stamp = text(now)

local bags = {}
-- Keeps values for one command on one key. `unpack` ends at about 8,000 values, so a bag is emptied long before.
local function later(command, key, first, second)
  local of_command = bags[command]
  if not of_command then
    of_command = {}
    bags[command] = of_command
  end
  local bag = of_command[key]
  if not bag then
    bag = { command, key }
    of_command[key] = bag
  end
  local size = #bag
  bag[size + 1] = first
  bag[size + 2] = second
  if size > 1000 then
    call(unpack(bag))
    of_command[key] = nil
  end
end

local function flush()
  for _, of_command in pairs(bags) do
    for _, bag in pairs(of_command) do
      call(unpack(bag))
    end
  end
  bags = {}
end

-- Lines of jobs in `JOBS` or `STANDING`, in the order of the ids; false where there is none.
local function lines(hash, ids)
  if #ids == 0 then
    return {}
  elseif #ids <= 1000 then
    return call('HMGET', hash, unpack(ids))
  end
  local found = {}
  for first = 1, #ids, 1000 do
    local last = math.min(first + 999, #ids)
    for place, line in ipairs(call('HMGET', hash, unpack(ids, first, last))) do
      found[first + place - 1] = line
    end
  end
  return found
end

local was_empty = {}
local function into_waiting(queue, id, score)
  if was_empty[queue] == nil then
    was_empty[queue] = call('EXISTS', WAITING .. queue) == 0
  end
  later('ZADD', WAITING .. queue, score, id)
end

-- Publishing that is forbidden must not end a step half-way.
local function publish(channel, message)
  redis.pcall('PUBLISH', channel, message)
end

-- Whether no other server stands behind this one. Asking takes as long as changing a job, so the answer is believed for a second.
local function is_alone()
  if call('GET', ALONE) then
    return true
  end
  local replication, cluster = redis.pcall('INFO', 'replication'), redis.pcall('INFO', 'cluster')
  local alone = type(replication) == 'string' and seek(replication, 'connected_slaves:0', 1, true)
    and type(cluster) == 'string' and seek(cluster, 'cluster_enabled:0', 1, true)
  if alone then
    redis.pcall('SET', ALONE, '1', 'PX', 1000)
  end
  return alone
end

-- Whether a publication could reach anybody: on a channel of jobs, by a pattern, or behind another server. Nobody can subscribe while a
-- script runs. Where the server may not be asked, somebody may hear.
local heard, is_asked = true, false
local function ask_who_hears()
  is_asked = true
  local patterns, channels = redis.pcall('PUBSUB', 'NUMPAT'), redis.pcall('PUBSUB', 'CHANNELS', '[jtq][oau][bse][:ku]*')
  heard = not (patterns == 0 and not channels.err and #channels == 0 and is_alone())
end

-- Writes a job's event: `head` was prepared when the job was taken in, `rest` is what changes from step to step. Publishing takes as long
-- as changing the job does, so a script that tells of more than two asks whether anybody hears it.
local told = 0
local before = '{"timestamp":' .. stamp .. ',"type":"job_update",'
local function tell(id, queue, head, rest)
  local json = before .. head .. rest .. '}'
  call('XADD', EVENTS, '*', 'e', json)
  told = told + 1
  if told == 3 and not is_asked then
    ask_who_hears()
  end
  if heard then
    publish(JOB_CHANNEL .. id, json)
    publish(TASKS_CHANNEL, json)
    publish(QUEUE_CHANNEL .. queue, json)
  end
end

-- A script that knows that it will tell of several asks at once.
local function will_tell_of(jobs)
  if jobs > 1 and not is_asked then
    ask_who_hears()
  end
end

-- A first write that is always allowed, and changes nothing.
local function begin_though_full()
  call('HDEL', MISSING, '')
end

-- The bell rings for a queue that was empty: whoever waits has looked at it since it became so, so nobody else has to be told.
local function ring_for_new()
  for queue, rings in pairs(was_empty) do
    if rings and call('EXISTS', WAITING .. queue) == 1 then
      publish(BELL, queue)
    end
  end
end
