-- Removes a job that no worker has.
--
-- KEYS     1: the event stream, which routes the script
-- ARGV     1: the job
-- Returns  1 when it is gone, 0 when a worker has it; nil when there is no such job
-- Atomic   one that was still to come is told of as cancelled in the step that removes it, and nobody claims it in between

local job = job_of(ARGV[1])
if not job then
  return nil
elseif job.state == 'a' then
  return 0
elseif job.state == 'w' or job.state == 'd' then
  begin_though_full()
  call_off(job)
  job.state = 'x'
  settle()
end
erase(job)
flush()
return 1
