-- Takes dead-lettered jobs of a queue up again, or removes them; those that failed first come first.
--
-- KEYS     1: the event stream, which routes the script
-- ARGV     1: the queue · 2: `replay` or `discard` · 3: jobs at most · 4: the fingerprint of their error; '' takes all
--          5: how many of the oldest to pass over
-- Returns  1: how many were done · 2: how many of the oldest to pass over next time; -1 when all were looked at
-- Atomic   a job leaves the dead letters in the step in which it waits or is gone, so two operators don't do it twice

local queue, most, passed = ARGV[1], tonumber(ARGV[3]), tonumber(ARGV[5])
-- The set has the latest first and equal ones by their ids: turned round, equal ones have to be turned round once more.
local found = call('ZREVRANGE', FAILED .. queue, passed, passed + 999, 'WITHSCORES')
local ids, begin = {}, 1
for at = 1, #found, 2 do
  if found[at + 1] ~= found[at + 3] then
    for equal = at, begin, -2 do
      ids[#ids + 1] = found[equal]
    end
    begin = at + 2
  end
end
local done, looked = 0, 0
for _, id in ipairs(ids) do
  if done == most then
    break
  end
  looked = looked + 1
  if ARGV[4] == '' or call('HGET', TRAITS .. id, 'fingerprint') == ARGV[4] then
    local job = job_of(id)
    if job and job.state == 'f' then
      if ARGV[2] == 'discard' then
        erase(job)
        done = done + 1
      elseif take_up_again(job) then
        done = done + 1
      end
    end
  end
end
settle()
return { done, #ids < 1000 and looked == #ids and -1 or passed + looked - done }
