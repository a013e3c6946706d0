-- Compares a set of a queue with what its jobs say, and drops those that don't belong there. One bounded step of many.
--
-- KEYS     1: the event stream, which routes the script
-- ARGV     1: the queue · 2: the set, without the queue's name · 3: the state, as `STANDING` has it · 4: where to go on, 0 first
-- Returns  1: where to go on, 0 at the end · 2: how many jobs the set had before this step · 3: how many were dropped
-- Atomic   a job is compared with its set in one step, in which neither changes: what is dropped was wrong

local set = ARGV[2] .. ARGV[1]
local size = call('ZCARD', set)
local found = call('ZSCAN', set, ARGV[4], 'COUNT', 500)
local ids = {}
for at = 1, #found[2], 2 do
  ids[#ids + 1] = found[2][at]
end
local jobs, dropped = lines(JOBS, ids), 0
for place, line in ipairs(lines(STANDING, ids)) do
  if not jobs[place] or sub(line or 'w', 1, 1) ~= ARGV[3] then
    if ARGV[2] == FAILED then
      out_of_ended(FAILED, ARGV[1], ids[place])
    else
      later('ZREM', set, ids[place])
    end
    dropped = dropped + 1
  end
end
flush()
return { tonumber(found[1]), size, dropped }
