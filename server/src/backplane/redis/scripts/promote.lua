-- Stands behind `job.lua` in the scripts that promote.

-- Makes due jobs of a queue ready, at most `limit`; returns how many.
local function promote(queue, limit)
  local due = redis.call('ZRANGEBYSCORE', DELAYED .. queue, '-inf', now, 'LIMIT', 0, limit)
  for _, id in ipairs(due) do
    local job = redis.call('HMGET', JOB .. id, 'head', 'priority', 'run_at', 'attempt', 'progress', 'said')
    later('ZREM', DELAYED .. queue, id)
    if job[1] then
      redis.call('HSET', JOB .. id, 'state', 'waiting')
      into_waiting(queue, id, job[2], job[3])
      tell(id, queue, job[1], ',"status":"waiting","progress":' .. (job[5] or 0) .. ',"attempt":' .. job[4] .. (job[6] or ''))
    end
  end
  return #due
end
