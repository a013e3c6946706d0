-- Stands behind `job.lua` in the scripts that hear of workers.

-- A worker that was silent for so many milliseconds is gone.
local SILENCE_MS = 10000

-- How busy a worker is changes all the time: it is told once a second, and what was left out with the next sign of life, for it differs
-- still.
local LOAD = { idle = true, active = true }
local function may_wait(status, told)
  return status == told or LOAD[status] and LOAD[told]
end

-- Tells what a worker is at, unless that was told last. `sign` is JSON as workers write it.
local function tell_of_worker(worker, sign)
  local status, jobs = match(sign, '"status":"(%a+)","currentJobs":(%d+)')
  local at, told, told_jobs = match(call('HGET', WORKER_NEWS, worker) or '', '^(%d+) (%a+) (%d+)$')
  if not status or status == told and jobs == told_jobs or told and may_wait(status, told) and now - at >= 0 and now - at < 1000 then
    return
  end
  local line = call('HGET', PROFILES, worker)
  local is_known, profile = pcall(cjson.decode, match(line or '', '\n(.*)') or '')
  if not is_known then
    return
  end
  local concurrency = 0
  for _, share in ipairs(profile.queues) do
    concurrency = concurrency + share.concurrency
  end
  local json = '{"timestamp":' .. stamp .. ',"type":"worker_status","workerId":' .. cjson.encode(worker) .. ',"status":"' .. status
    .. '","currentJobs":' .. jobs .. ',"concurrency":' .. text(concurrency) .. ',"host":' .. cjson.encode(profile.host) .. '}'
  call('XADD', EVENTS, '*', 'e', json)
  publish(WORKER_CHANNEL .. worker, json)
  call('HSET', WORKER_NEWS, worker, stamp .. ' ' .. status .. ' ' .. jobs)
end

-- Tells that a worker is no more.
local function tell_of_end(worker)
  tell_of_worker(worker, '"status":"gone","currentJobs":0')
end

local function forget_worker(worker)
  call('HDEL', PROFILES, worker)
  call('HDEL', SIGNS, worker)
  call('HDEL', CONNECTIONS, worker)
  call('HDEL', MISSING, worker)
  call('HDEL', WORKER_NEWS, worker)
end
