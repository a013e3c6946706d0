-- Stands behind `settle.lua` in the scripts that end attempts.

-- What an active job's line says: mark, attempt, token, began, worker, queue, head.
local ACTIVE_LINE = '^a(.)(%d+) (%S+) (%d+) (.-)\n(.-)\n(.*)$'

-- A line of a job's past, which lies in its traits; what a completed job's last attempt did, its standing tells. `err` is JSON.
local function past(attempt, worker, started, err)
  return 'past:' .. stamp .. ':' .. attempt, '{"attempt":' .. attempt .. ',"workerId":' .. cjson.encode(worker) .. ',"startedAt":'
    .. started .. ',"finishedAt":' .. stamp .. ',"error":' .. err .. '}'
end

-- The traits that an end depends on.
local function traits_of(id)
  local found = call('HMGET', TRAITS .. id, 'progress', 'said', 'priority', 'unique_key', 'unique_until', 'concurrency_key', 'stalls')
  return {
    progress = found[1] or '0',
    said = found[2] or '',
    priority = found[3],
    unique_key = found[4],
    unique_until = found[5],
    concurrency_key = found[6],
    stalls = tonumber(found[7] or 0),
  }
end

-- Frees what an ended job kept others away with.
local function let_go(id, traits)
  release_unique(traits.unique_key, id, traits.unique_until)
  step_aside(traits.concurrency_key, id)
end
