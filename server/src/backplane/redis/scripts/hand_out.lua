-- Stands behind `settle.lua` in the scripts that hand jobs to workers.

-- Of several queues the best of each are looked at, and the best of all taken. Members come as id and score, as Redis gives them.
local function choose_of_all(rooms, limit)
  local candidates, sources = {}, 0
  for queue, room in pairs(rooms) do
    local best = call('ZRANGE', WAITING .. queue, 0, room - 1, 'WITHSCORES')
    sources = sources + (best[1] and 1 or 0)
    for place = 1, #best, 2 do
      candidates[#candidates + 1] = { best[place], queue, tonumber(best[place + 1]) }
    end
  end
  if sources > 1 then
    table.sort(candidates, function(a, b)
      if a[3] ~= b[3] then
        return a[3] < b[3]
      end
      return a[1] < b[1]
    end)
  end
  local ids, queues = {}, {}
  for place = 1, math.min(limit, #candidates) do
    ids[place], queues[place] = candidates[place][1], candidates[place][2]
    later('ZREM', WAITING .. queues[place], ids[place])
  end
  -- At once: taking out is allowed where memory is full, and behind it all that the step writes.
  flush()
  return ids, queues
end

-- Takes the best jobs out of those that wait, as far as their queues are neither paused nor at their limit.
local function choose(names, limit)
  local rooms, open, only = {}, 0, nil
  look_up_curbs(names)
  for _, queue in ipairs(names) do
    local line, room = curb_of[queue], limit
    if line then
      local paused, most = curbs(line)
      room = paused and 0 or math.min(limit, most and most - call('ZCARD', ACTIVE .. queue) or limit)
    end
    if room > 0 then
      rooms[queue], only, open = room, queue, open + 1
    end
  end
  if open ~= 1 then
    return choose_of_all(rooms, limit)
  end
  local ids, queues = {}, {}
  local popped = call('ZPOPMIN', WAITING .. only, rooms[only])
  for at = 1, #popped, 2 do
    ids[#ids + 1], queues[#ids + 1] = popped[at], only
  end
  return ids, queues
end

-- Hands jobs out; adds four values for each to `claimed`: id, token, line in `JOBS`, attempt.
local function hand_out(claimed, worker, limit, lease, tokens, names)
  -- Who asks does not wait for now.
  for _, queue in ipairs(names) do
    call('HDEL', OFFERS .. queue, worker)
  end
  local ids, queues = choose(names, limit)
  local jobs, standing = lines(JOBS, ids), lines(STANDING, ids)
  will_tell_of(#ids)
  for place, id in ipairs(ids) do
    local line, stood, queue = jobs[place], standing[place], queues[place]
    if line then
      local attempt, mark = '1', '-'
      if stood then
        attempt, mark = text(match(stood, '%d+') + 1), sub(stood, 2, 2)
        if mark == '*' then
          call('HDEL', TRAITS .. id, 'progress', 'said', 'error', 'started', 'worker')
        end
      end
      local token = tokens .. place
      give(id, queue, head_of(line), attempt, mark, token, worker, lease)
      local size = #claimed
      claimed[size + 1], claimed[size + 2], claimed[size + 3], claimed[size + 4] = id, token, line, attempt
    end
  end
end
