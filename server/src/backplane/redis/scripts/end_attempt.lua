-- Stands behind `past.lua` in the scripts that end attempts.

-- Ends an attempt otherwise than well. `held` is the active job; `value` the error as JSON, `more` a delay in ms or the fingerprint.
local function end_badly(id, held, outcome, value, more)
  local queue, attempt, traits = held.queue, held.attempt, traits_of(id)
  local change = { 'HSET', TRAITS .. id, 'queue', queue, 'started', held.began, 'worker', held.worker, 'token', held.token }
  local function set(name, to)
    change[#change + 1], change[#change + 2] = name, to
  end
  if outcome ~= 'failed' and (held.mark == '!' or outcome == 'cancelled') then
    set(past(attempt, held.worker, held.began, outcome == 'retry' and value or '"called off"'))
    set('finished', stamp)
    into_standing(id, 'x*' .. attempt)
    into_ended(CANCELLED, queue, id)
    outcome, value = 'cancelled', nil
  elseif outcome == 'failed' then
    set(past(attempt, held.worker, held.began, value))
    set('finished', stamp)
    set('error', value)
    set('fingerprint', more)
    into_standing(id, 'f*' .. attempt)
    into_ended(FAILED, queue, id)
  elseif outcome == 'retry' then
    set(past(attempt, held.worker, held.began, value))
    set('error', value)
    set('run_at', text(now + more))
    into_standing(id, 'd*' .. attempt)
    into_delayed(queue, id, now + more)
    outcome = 'retrying'
  else
    attempt, value = text(attempt - 1), nil
    set('run_at', text(now + more))
    if outcome == 'back' then
      outcome = 'waiting'
      into_standing(id, 'w*' .. attempt)
      wait(queue, id, traits.concurrency_key, traits.priority, stamp)
    else
      outcome = 'delayed'
      into_standing(id, 'd*' .. attempt)
      into_delayed(queue, id, now + more)
    end
  end
  call(unpack(change))
  if outcome == 'failed' or outcome == 'cancelled' then
    release_unique(traits.unique_key, id, traits.unique_until)
  end
  step_aside(traits.concurrency_key, id)
  tell(id, queue, held.head, ',"status":"' .. outcome .. '","progress":' .. traits.progress .. ',"attempt":' .. attempt .. traits.said
    .. (value and ',"error":' .. value or ''))
end

-- Whether an attempt that is not active any more was ended by this very call, whose answer was lost: it still has the token then.
local function was_ended_by(id, line, token)
  if line and sub(line, 1, 1) == 'c' then
    return match(line, '^..%d+ (%S+)') == token
  end
  return line and sub(line, 1, 1) ~= 'a' and call('HGET', TRAITS .. id, 'token') == token
end

-- Ends the attempts whose five values each stand in ARGV from `first` to `last`; returns for each 1 when it stands, 0 when it was refused.
local function end_attempts(first, last, again)
  local ids, taken = {}, {}
  for at = first, last, 5 do
    ids[#ids + 1] = ARGV[at]
  end
  local standing, queues, attempts, cuts, seen = lines(STANDING, ids), {}, {}, {}, {}
  for place, id in ipairs(ids) do
    local line, token = standing[place], ARGV[first + place * 5 - 4]
    -- A token stands between the first two blanks. It is compared where it stands: a piece cut out would cost more than the look.
    local gap = line and byte(line) == 97 and not seen[id] and seek(line, ' ', 4, true)
    if gap and seek(line, token, gap + 1, true) == gap + 1 and byte(line, gap + 1 + #token) == 32 then
      local cut = seek(line, '\n', gap, true)
      local queue = sub(line, cut + 1, seek(line, '\n', cut + 1, true) - 1)
      seen[id], queues[place], attempts[place], cuts[place], taken[place] = true, queue, sub(line, 3, gap - 1), cut, 1
      out_of_active(queue, id)
    else
      taken[place] = again and was_ended_by(id, line, token) and 1 or 0
    end
  end
  -- At once: taking out is allowed where memory is full, and behind it all that the step writes.
  flush()
  will_tell_of(#ids)
  for place, id in ipairs(ids) do
    local queue, line, at = queues[place], standing[place], first + place * 5 - 5
    if queue and ARGV[at + 2] == 'completed' then
      local cut, said, value = cuts[place], '', ARGV[at + 3]
      if byte(line, 2) ~= 45 then
        local traits = traits_of(id)
        said = traits.said
        let_go(id, traits)
      end
      into_standing(id, 'c' .. sub(line, 2, cut) .. stamp .. ' ' .. value)
      later('ZADD', COMPLETED .. queue, ended_at, id)
      tell(id, queue, sub(line, cut + #queue + 2), ',"status":"completed","progress":100,"attempt":' .. attempts[place] .. said
        .. ',"result":' .. value)
    elseif queue then
      local mark, attempt, token, began, worker, _, head = match(line, ACTIVE_LINE)
      local held = { mark = mark, attempt = attempt, token = token, began = began, worker = worker, queue = queue, head = head }
      end_badly(id, held, ARGV[at + 2], ARGV[at + 3], ARGV[at + 4])
    end
  end
  return taken
end
