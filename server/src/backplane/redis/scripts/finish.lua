-- Ends attempts.
--
-- KEYS     1: the event stream, which routes the script
-- ARGV     1: '1' when the same call was sent before and its answer was lost
--          then five values an ending: id, token, outcome (`completed`, `retry`, `failed`, `back`), the result or the error as JSON,
--          delay in ms
-- Returns  for each ending 1 when it stands, 0 when it was refused
-- Atomic   the token is compared and the result written in one step: an attempt that lost its lease can't end the next one's

local taken = {}
for at = 2, #ARGV, 5 do
  local id, token, outcome, value, delay = ARGV[at], ARGV[at + 1], ARGV[at + 2], ARGV[at + 3], ARGV[at + 4]
  local key = JOB .. id
  local job = redis.call('HMGET', key, 'held', 'state', 'queue', 'head', 'attempt', 'unique_key', 'said')
  local queue, attempt, said = job[3], job[5], job[7] or ''
  -- A rescue takes the token away, so an attempt that ended and still has it was ended by this very call.
  local holds = job[1] and string.sub(job[1], 1, #token + 1) == token .. ' '
  local stands = holds and (job[2] == 'active' or ARGV[1] == '1')
  taken[#taken + 1] = stands and 1 or 0
  if stands and job[2] == 'active' then
    later('ZREM', ACTIVE .. queue, id)
    if outcome == 'completed' then
      redis.call('HSET', key, 'state', 'completed', 'result', value, 'finished', stamp)
      later('ZADD', COMPLETED .. queue, stamp, id)
      release(job[6], id)
      tell(id, queue, job[4], ',"status":"completed","progress":100,"attempt":' .. attempt .. said .. ',"result":' .. value)
    elseif outcome == 'back' then
      attempt = text(attempt - 1)
      local kept = redis.call('HMGET', key, 'priority', 'progress')
      redis.call('HSET', key, 'state', 'waiting', 'attempt', attempt, 'run_at', stamp)
      into_waiting(queue, id, kept[1] or '0', stamp)
      tell(id, queue, job[4], ',"status":"waiting","progress":' .. (kept[2] or '0') .. ',"attempt":' .. attempt .. said)
    else
      local started, worker = string.match(job[1], '^%S+ (%d+) (.*)$')
      local progress = redis.call('HGET', key, 'progress') or '0'
      -- The history of attempts lies in the job; what a completed job's last attempt did, its other fields tell.
      local past = '{"attempt":' .. attempt .. ',"workerId":' .. cjson.encode(worker) .. ',"startedAt":' .. started
        .. ',"finishedAt":' .. stamp .. ',"error":' .. value .. '}'
      local status = 'failed'
      if outcome == 'retry' then
        status = 'retrying'
        redis.call('HSET', key, 'state', 'delayed', 'error', value, 'run_at', text(now + delay), 'past:' .. stamp .. ':' .. attempt, past)
        into_delayed(queue, id, now + delay)
      else
        redis.call('HSET', key, 'state', 'failed', 'error', value, 'finished', stamp, 'past:' .. stamp .. ':' .. attempt, past)
        into_failed(queue, id)
        release(job[6], id)
      end
      tell(id, queue, job[4], ',"status":"' .. status .. '","progress":' .. progress .. ',"attempt":' .. attempt .. said
        .. ',"error":' .. value)
    end
  end
end
settle()
return taken
