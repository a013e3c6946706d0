-- Stands behind `job.lua` in the scripts that promote.

-- Makes due jobs of a queue ready, at most `limit`; returns how many.
local function promote(queue, limit)
  local due = redis.call('ZRANGEBYSCORE', DELAYED .. queue, '-inf', now, 'WITHSCORES', 'LIMIT', 0, limit)
  for at = 1, #due, 2 do
    local id = due[at]
    local job = redis.call('HMGET', JOB .. id, 'head', 'priority', 'attempt', 'progress', 'said')
    later('ZREM', DELAYED .. queue, id)
    if job[1] then
      redis.call('HSET', JOB .. id, 'state', 'waiting')
      into_waiting(queue, id, job[2] or '0', due[at + 1])
      tell(id, queue, job[1], ',"status":"waiting","progress":' .. (job[4] or '0') .. ',"attempt":' .. (job[3] or '0') .. (job[5] or ''))
    end
  end
  return #due / 2
end
