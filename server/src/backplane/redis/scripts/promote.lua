-- Stands behind `settle.lua` in the scripts that promote.

-- Makes due jobs of a queue ready, at most `limit`, up to 1,000; returns how many.
local function promote(queue, limit)
  local due = call('ZRANGEBYSCORE', DELAYED .. queue, '-inf', now, 'WITHSCORES', 'LIMIT', 0, limit)
  local ids = {}
  for at = 1, #due, 2 do
    ids[#ids + 1] = due[at]
  end
  if #ids > 0 then
    -- At once: taking out is allowed where memory is full, and behind it all that the step writes.
    call('ZREM', DELAYED .. queue, unpack(ids))
  end
  local jobs, standing = lines(JOBS, ids), lines(STANDING, ids)
  for place, id in ipairs(ids) do
    if jobs[place] and standing[place] then
      -- A job that was ever delayed has traits: they say since when it was to wait.
      local job = call('HMGET', TRAITS .. id, 'priority', 'progress', 'said', 'concurrency_key')
      into_standing(id, 'w' .. sub(standing[place], 2))
      wait(queue, id, job[4], job[1], due[place * 2])
      tell(id, queue, head_of(jobs[place]), ',"status":"waiting","progress":' .. (job[2] or '0') .. ',"attempt":'
        .. match(standing[place], '%d+') .. (job[3] or ''))
    end
  end
  return #ids
end
