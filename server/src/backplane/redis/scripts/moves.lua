-- Stands behind `job.lua`: the moves of jobs between the sets of their states.

-- The head of a job's events, from its line in `JOBS`.
local function head_of(line)
  local from = seek(line, '\n', 1, true)
  return sub(line, from + 1, seek(line, '\n', from + 1, true) - 1)
end

local function into_standing(id, line)
  later('HSET', STANDING, id, line)
end

-- When upkeep has to look at a queue at the latest.
local agenda = {}
local function look_at(queue, at)
  if not agenda[queue] or at < agenda[queue] then
    agenda[queue] = at
  end
end

local function note_agenda()
  for queue, at in pairs(agenda) do
    call('ZADD', AGENDA, 'LT', text(at), queue)
  end
end

-- A job is a worker's from now on.
local function give(id, queue, head, attempt, mark, token, worker, lease)
  into_standing(id, 'a' .. mark .. attempt .. ' ' .. token .. ' ' .. stamp .. ' ' .. worker .. '\n' .. queue .. '\n' .. head)
  later('ZADD', ACTIVE .. queue, text(now + lease), id)
  look_at(queue, now + lease)
  tell(id, queue, head, ',"status":"started","progress":0,"attempt":' .. attempt)
end

-- The larger priority first, then the older; equal ones by their ids. A priority outweighs all times until the year 2109. All three are
-- text, and the least priority, which most jobs have, adds nothing to the time.
local function rank(priority, run_at)
  return priority == '0' and run_at or text(run_at - priority * 4398046511104)
end

local first_due = {}
local function into_delayed(queue, id, run_at)
  if first_due[queue] == nil then
    first_due[queue] = call('ZRANGE', DELAYED .. queue, 0, 0)[1] or ''
  end
  later('ZADD', DELAYED .. queue, text(run_at), id)
  look_at(queue, run_at)
end

-- A worker has it no more: where a queue is limited there is room for another.
local left = {}
local function out_of_active(queue, id)
  later('ZREM', ACTIVE .. queue, id)
  left[queue] = true
end

-- The second set of dead-lettered jobs is for other programs, under its name of the contract. It has no hash tag, so a Redis Cluster may
-- refuse it.
local ended_at = '-' .. stamp
local function into_ended(set, queue, id)
  later('ZADD', set .. queue, ended_at, id)
  if set == FAILED then
    redis.pcall('ZADD', DEAD_LETTERS_BEFORE .. queue .. DEAD_LETTERS_AFTER, stamp, id)
  end
end

local function out_of_ended(set, queue, id)
  later('ZREM', set .. queue, id)
  if set == FAILED then
    redis.pcall('ZREM', DEAD_LETTERS_BEFORE .. queue .. DEAD_LETTERS_AFTER, id)
  end
end
