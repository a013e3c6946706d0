-- Stands behind `settle.lua` in the scripts that take jobs in.

-- Takes in a job that has something which most have not; returns the job that is there already in its place.
local function take_in_with_traits(id, queue, head, opts)
  local key, priority, delay = opts.uniqueKey, text(opts.priority), opts.delay
  local there = key and take_unique(key, id)
  if there then
    return there
  end
  local traits = { 'HSET', TRAITS .. id, 'queue', queue }
  local function trait(name, value)
    if value then
      traits[#traits + 1], traits[#traits + 2] = name, value
    end
  end
  trait('priority', priority ~= '0' and priority)
  trait('unique_key', key)
  trait('unique_until', key and opts.uniqueFor and text(now + opts.uniqueFor))
  trait('concurrency_key', opts.concurrencyKey)
  trait('run_at', delay > 0 and text(now + delay))
  call(unpack(traits))
  local state = 'waiting'
  if delay > 0 then
    state = 'delayed'
    into_standing(id, 'd+0')
    into_delayed(queue, id, now + delay)
  else
    into_standing(id, 'w+0')
    wait(queue, id, opts.concurrencyKey, priority, stamp)
  end
  tell(id, queue, head, ',"status":"' .. state .. '","progress":0,"attempt":0')
end

local known = {}
-- Takes a job in whose id is free; returns the job that has its unique key, where there is one. `opts` is the number of worker deaths
-- allowed, or JSON where there is more to say.
local function take_in(id, queue, head, data, opts)
  local deaths = opts
  if string.byte(opts) == 123 then
    opts = cjson.decode(opts)
    deaths = text(opts.deaths)
    local there = take_in_with_traits(id, queue, head, opts)
    if there then
      return there
    end
  else
    into_waiting(queue, id, stamp)
    tell(id, queue, head, ',"status":"waiting","progress":0,"attempt":0')
  end
  later('HSET', JOBS, id, stamp .. ' ' .. deaths .. '\n' .. head .. '\n' .. data)
  -- A queue in which somebody waits is known.
  if not known[queue] and was_empty[queue] ~= false then
    call('SADD', QUEUES, queue)
    known[queue] = true
  end
end
