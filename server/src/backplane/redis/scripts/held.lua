-- Stands behind `job.lua` in the scripts of the holder of a lease.

-- An active job, when the token is that of its attempt.
local function held_by(id, token)
  local line = call('HGET', STANDING, id)
  local mark, attempt, its_token, queue, head = match(line or '', '^a(.)(%d+) (%S+) %d+ .-\n(.-)\n(.*)$')
  if its_token == token then
    return { line = line, mark = mark, attempt = attempt, queue = queue, head = head }
  end
end

-- Notes that a job has traits with traces of its attempt.
local function leave_traces(id, held)
  if held.mark ~= '*' and held.mark ~= '!' then
    call('HSET', STANDING, id, 'a*' .. sub(held.line, 3))
  end
end
