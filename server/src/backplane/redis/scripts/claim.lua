-- Hands jobs to a worker.
--
-- KEYS     1: the event stream, which routes the script
-- ARGV     1: the worker · 2: jobs at most, up to 1,000 · 3: the lease in ms · 4: due jobs to make ready first, at most
--          5: what the tokens begin with, made anew for every call · 6…: the queues
-- Returns  1: milliseconds until the next delayed job of these queues is due, -1 when there is none; 0 when jobs were claimed
--          then seven values a job: id, token, queue, kind, arguments, attempt, attempts allowed
-- Atomic   a job leaves `waiting` and gets its token, its lease and its event in one step, so it has one holder at every moment

local worker, limit, lease = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local promoted = 0
for at = 6, #ARGV do
  if promoted < tonumber(ARGV[4]) then
    promoted = promoted + promote(ARGV[at], ARGV[4] - promoted)
  end
end
if promoted > 0 then
  flush()
end

-- Of several queues the best of each are looked at, and the best of all taken. Members come as id and score, as Redis gives them.
local chosen = {}
if #ARGV == 6 then
  local popped = redis.call('ZPOPMIN', WAITING .. ARGV[6], limit)
  for at = 1, #popped, 2 do
    chosen[#chosen + 1] = { popped[at], ARGV[6] }
  end
else
  local candidates = {}
  for at = 6, #ARGV do
    local best = redis.call('ZRANGE', WAITING .. ARGV[at], 0, limit - 1, 'WITHSCORES')
    for place = 1, #best, 2 do
      candidates[#candidates + 1] = { best[place], ARGV[at], tonumber(best[place + 1]) }
    end
  end
  table.sort(candidates, function(a, b)
    if a[3] ~= b[3] then
      return a[3] < b[3]
    end
    return a[1] < b[1]
  end)
  for place = 1, math.min(limit, #candidates) do
    chosen[place] = candidates[place]
    later('ZREM', WAITING .. candidates[place][2], candidates[place][1])
  end
end

-- Who holds a job, and since when, is one field behind the token.
local held, expiry = ' ' .. stamp .. ' ' .. worker, text(now + lease)
local claimed = { 0 }
for place, choice in ipairs(chosen) do
  local id, queue = choice[1], choice[2]
  local key = JOB .. id
  local job = redis.call('HMGET', key, 'head', 'kind', 'data', 'attempt', 'max_attempts')
  if job[1] then
    local attempt, token = job[4] and text(job[4] + 1) or '1', ARGV[5] .. place
    redis.call('HSET', key, 'state', 'active', 'attempt', attempt, 'held', token .. held)
    if job[4] then
      redis.call('HDEL', key, 'progress', 'said', 'error')
    end
    later('ZADD', ACTIVE .. queue, expiry, id)
    look_at(queue, now + lease)
    tell(id, queue, job[1], ',"status":"started","progress":0,"attempt":' .. attempt)
    local size = #claimed
    claimed[size + 1], claimed[size + 2], claimed[size + 3], claimed[size + 4] = id, token, queue, job[2]
    claimed[size + 5], claimed[size + 6], claimed[size + 7] = job[3], attempt, job[5]
  end
end

if #claimed > 1 then
  redis.call('ZADD', WORKERS, stamp, worker)
else
  claimed[1] = -1
  for at = 6, #ARGV do
    local due = redis.call('ZRANGE', DELAYED .. ARGV[at], 0, 0, 'WITHSCORES')[2]
    if due then
      local wait = math.max(due - now, 0)
      claimed[1] = claimed[1] < 0 and wait or math.min(claimed[1], wait)
    end
  end
end
settle()
return claimed
