-- Takes jobs in of which none has anything special: no priority, delay or key. It does what `enqueue.lua` does for such jobs, and has
-- nothing else in it: for one job alone, what stands before a script takes longer than the job.
--
-- KEYS     1: the event stream, which routes the script
-- ARGV     five values a job: id, queue, head of its events, arguments, number of worker deaths allowed
-- Returns  for each job that was there already: its place among the jobs handed in, from 1, and its id
-- Atomic   all jobs with their events, or none: who reads "taken in" must be able to rely on every one of them

local ids, there, seen = {}, {}, {}
for at = 1, #ARGV, 5 do
  ids[#ids + 1] = ARGV[at]
end
local jobs = #ids > 1 and lines(JOBS, ids)
will_tell_of(#ids)
for place, id in ipairs(ids) do
  local at = place * 5 - 4
  local queue, head = ARGV[at + 1], ARGV[at + 2]
  local line, is_new = stamp .. ' ' .. ARGV[at + 4] .. '\n' .. head .. '\n' .. ARGV[at + 3], nil
  if jobs then
    is_new = not jobs[place] and not seen[id]
  else
    is_new = call('HSETNX', JOBS, id, line) == 1
  end
  if is_new then
    if jobs then
      seen[id] = true
      later('HSET', JOBS, id, line)
    end
    tell(id, queue, head, ',"status":"waiting","progress":0,"attempt":0')
    if jobs or not hand(id, queue, head, line) then
      into_waiting(queue, id, stamp)
    else
      -- A queue that somebody waits for is known.
      call('SADD', QUEUES, queue)
    end
  else
    there[#there + 1], there[#there + 2] = place, id
  end
end
-- A queue in which somebody waits is known.
for queue, is_first in pairs(was_empty) do
  if is_first then
    call('SADD', QUEUES, queue)
  end
end
flush()
note_agenda()
ring_for_new()
return there
