-- Counts the jobs of queues.
--
-- KEYS     1: the event stream, which routes the script
-- ARGV     1: a queue; none means all
-- Returns  for each queue that is known ten values: name, waiting, active, completed, failed, delayed, cancelled, what curbs it, jobs completed
--          in the last minute, ms that its oldest job waits, -1 when none does
-- Atomic   the counts are of one moment; each is the size of a set, so it costs the same however many jobs there are

-- When the oldest job of a set began to wait: the first of each priority is looked at.
local function oldest(set)
  local found, from = math.huge, '-inf'
  while true do
    local score = call('ZRANGEBYSCORE', set, from, '+inf', 'WITHSCORES', 'LIMIT', 0, 1)[2]
    if not score then
      return found
    end
    local priority = -math.floor(score / 4398046511104)
    found = math.min(found, score + priority * 4398046511104)
    from = text((1 - priority) * 4398046511104)
  end
end

local function completed_lately(queue)
  local count = call('ZCOUNT', COMPLETED .. queue, '-inf', text(60000 - now))
  local trimmed = call('HGETALL', PACE .. queue)
  for at = 1, #trimmed, 2 do
    if tonumber(trimmed[at]) > now / 1000 - 60 then
      count = count + trimmed[at + 1]
    end
  end
  return count
end

local queues = call('SMEMBERS', QUEUES)
if ARGV[1] then
  queues = call('SISMEMBER', QUEUES, ARGV[1]) == 1 and { ARGV[1] } or {}
end
local seen = {}
for _, queue in ipairs(queues) do
  local function put(value)
    seen[#seen + 1] = value
  end
  local waits_since = math.min(oldest(WAITING .. queue), oldest(PARKED .. queue))
  put(queue)
  put(call('ZCARD', WAITING .. queue) + call('ZCARD', PARKED .. queue))
  for _, set in ipairs({ ACTIVE, COMPLETED, FAILED, DELAYED, CANCELLED }) do
    put(call('ZCARD', set .. queue))
  end
  put(call('HGET', CURBS, queue) or '')
  put(completed_lately(queue))
  put(waits_since < math.huge and math.max(now - waits_since, 0) or -1)
end
return seen
