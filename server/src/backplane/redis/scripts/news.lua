-- Stands behind `job.lua` in the scripts that tell of queues.

-- The least time between two events of a queue that tell of traffic.
local NEWS_APART_MS = 500

-- A queue as it stands in its event.
local function queue_now(queue, paused)
  local function size(set)
    return text(call('ZCARD', set .. queue))
  end
  return '"waiting":' .. text(call('ZCARD', WAITING .. queue) + call('ZCARD', PARKED .. queue)) .. ',"active":' .. size(ACTIVE)
    .. ',"completed":' .. size(COMPLETED) .. ',"failed":' .. size(FAILED) .. ',"delayed":' .. size(DELAYED)
    .. ',"cancelled":' .. size(CANCELLED) .. ',"paused":' .. tostring(paused)
end

-- What is told of a queue that nobody used yet: nothing.
local UNUSED = '"waiting":0,"active":0,"completed":0,"failed":0,"delayed":0,"cancelled":0,"paused":false'

local function tell_of_queue(queue, news)
  local json = '{"timestamp":' .. stamp .. ',"type":"queue_update","queueName":' .. cjson.encode(queue) .. ',' .. news .. '}'
  call('XADD', EVENTS, '*', 'e', json)
  publish(QUEUE_CHANNEL .. queue, json)
  call('HSET', QUEUE_NEWS, queue, stamp .. ' ' .. news)
end

-- Tells of all queues that are not as they were told last, but for those of which something was told just now. Returns how many these are.
local function tell_of_queues()
  local queues, too_early = call('SMEMBERS', QUEUES), 0
  local curbed, told = lines(CURBS, queues), lines(QUEUE_NEWS, queues)
  for place, queue in ipairs(queues) do
    local at, before_that = match(told[place] or '', '^(%d+) (.*)$')
    local news = queue_now(queue, sub(curbed[place] or '', 1, 1) == 'p')
    if news ~= (before_that or UNUSED) then
      -- Not in a future that the clock has come back from.
      if at and now - at >= 0 and now - at < NEWS_APART_MS then
        too_early = too_early + 1
      else
        tell_of_queue(queue, news)
      end
    end
  end
  return too_early
end
