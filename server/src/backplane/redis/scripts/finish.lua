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
  local job = redis.call('HMGET', key, 'token', 'state', 'queue', 'head', 'attempt', 'worker', 'unique_key', 'said', 'progress',
    'priority', 'started')
  local queue, attempt, said = job[3], job[5], job[8] or ''
  -- A rescue takes the token away, so an attempt that ended and still has it was ended by this very call.
  local stands = job[1] == token and (job[2] == 'active' or ARGV[1] == '1')
  taken[#taken + 1] = stands and 1 or 0
  if stands and job[2] == 'active' then
    out_of_active(queue, id, job[6])
    local progress = job[9] or 0
    if outcome == 'completed' then
      redis.call('HSET', key, 'state', 'completed', 'result', value, 'progress', 100, 'finished', now)
      later('ZADD', COMPLETED .. queue, now, id)
      release(job[7], id)
      tell(id, queue, job[4], ',"status":"completed","progress":100,"attempt":' .. attempt .. said .. ',"result":' .. value)
    elseif outcome == 'back' then
      attempt = attempt - 1
      redis.call('HSET', key, 'state', 'waiting', 'attempt', attempt, 'run_at', now)
      into_waiting(queue, id, job[10], now)
      tell(id, queue, job[4], ',"status":"waiting","progress":' .. progress .. ',"attempt":' .. attempt .. said)
    else
      -- The history of attempts lies in the job; what a completed job's last attempt did, its other fields tell.
      local past = '{"attempt":' .. attempt .. ',"workerId":' .. cjson.encode(job[6]) .. ',"startedAt":' .. job[11]
        .. ',"finishedAt":' .. now .. ',"error":' .. value .. '}'
      local status = 'failed'
      if outcome == 'retry' then
        status = 'retrying'
        redis.call('HSET', key, 'state', 'delayed', 'error', value, 'run_at', now + delay, 'past:' .. now .. ':' .. attempt, past)
        into_delayed(queue, id, now + delay)
      else
        redis.call('HSET', key, 'state', 'failed', 'error', value, 'finished', now, 'past:' .. now .. ':' .. attempt, past)
        into_failed(queue, id)
        release(job[7], id)
      end
      tell(id, queue, job[4], ',"status":"' .. status .. '","progress":' .. progress .. ',"attempt":' .. attempt .. said
        .. ',"error":' .. value)
    end
  end
end
settle()
return taken
