-- Stands behind `past.lua` in the scripts of operators.

-- What is known of a job; nil when there is none.
local function job_of(id)
  local line = call('HGET', JOBS, id)
  if line then
    local head, stands = head_of(line), call('HGET', STANDING, id) or 'w-0'
    local queue = cjson.decode('{' .. head .. '}').queueName
    return { id = id, head = head, queue = queue, stands = stands, state = sub(stands, 1, 1), attempt = match(stands, '%d+') }
  end
end

-- Calls a job off that no worker has yet.
local function call_off(job)
  local traits = traits_of(job.id)
  if job.state == 'w' then
    out_of_waiting(job.queue, job.id, traits.concurrency_key)
  else
    later('ZREM', DELAYED .. job.queue, job.id)
  end
  release_unique(traits.unique_key, job.id, traits.unique_until)
  into_standing(job.id, 'x*' .. job.attempt)
  into_ended(CANCELLED, job.queue, job.id)
  call('HSET', TRAITS .. job.id, 'finished', stamp)
  look_at(job.queue, now)
  tell(job.id, job.queue, job.head, ',"status":"cancelled","progress":' .. traits.progress .. ',"attempt":' .. job.attempt .. traits.said)
end

local ENDED = { c = COMPLETED, f = FAILED, x = CANCELLED }

-- Takes a job up again that is dead-lettered, cancelled or delayed; says whether it did. One whose unique key somebody else has stays.
local function take_up_again(job)
  local traits, attempt = traits_of(job.id), job.attempt
  if job.state == 'd' then
    later('ZREM', DELAYED .. job.queue, job.id)
  else
    if traits.unique_key then
      local other = take_unique(traits.unique_key, job.id)
      if other and other ~= job.id then
        return false
      end
      call('PERSIST', UNIQUE .. traits.unique_key)
    end
    out_of_ended(ENDED[job.state], job.queue, job.id)
    call('HDEL', TRAITS .. job.id, 'stalls', 'finished', 'error', 'fingerprint', 'progress', 'said')
    attempt, traits.progress, traits.said = '0', '0', ''
  end
  call('HSET', TRAITS .. job.id, 'queue', job.queue, 'run_at', stamp)
  into_standing(job.id, 'w*' .. attempt)
  wait(job.queue, job.id, traits.concurrency_key, traits.priority, stamp)
  tell(job.id, job.queue, job.head, ',"status":"waiting","progress":' .. traits.progress .. ',"attempt":' .. attempt .. traits.said)
  return true
end

-- Removes an ended job with all that is known of it. Its unique key is free at once, even if its time is not over.
local function erase(job)
  release_unique(call('HGET', TRAITS .. job.id, 'unique_key'), job.id)
  out_of_ended(ENDED[job.state], job.queue, job.id)
  later('HDEL', JOBS, job.id)
  later('HDEL', STANDING, job.id)
  later('DEL', TRAITS .. job.id, LINES .. job.id)
end
