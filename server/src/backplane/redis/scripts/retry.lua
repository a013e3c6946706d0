-- Takes a job up again.
--
-- KEYS     1: the event stream, which routes the script
-- ARGV     1: the job
-- Returns  the state that it was in, and the one that it is in then, as `STANDING` has them; nil when there is no such job
-- Atomic   its unique key is taken in the step that lets it wait, so no second job with it is made in between

local job = job_of(ARGV[1])
if not job then
  return nil
end
local was = job.state
begin_though_full()
if (job.state == 'f' or job.state == 'x' or job.state == 'd') and take_up_again(job) then
  job.state = 'w'
end
settle()
return { was, job.state }
