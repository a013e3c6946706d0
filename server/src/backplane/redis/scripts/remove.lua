-- Removes a job that no worker has.
--
-- KEYS     1: the event stream, which routes the script
-- ARGV     1: the job
-- Returns  the state that it was in, as `STANDING` has it: `a` when a worker has it, and it stays; nil when there is no such job
-- Atomic   one that was still to come is told of as cancelled in the step that removes it, and nobody claims it in between

local job = job_of(ARGV[1])
local was = job and job.state
if not job then
  return nil
elseif was == 'a' then
  return was
elseif was == 'w' or was == 'd' then
  begin_though_full()
  call_off(job)
  job.state = 'x'
  settle()
end
erase(job)
flush()
return was
