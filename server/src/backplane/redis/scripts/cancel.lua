-- Calls a job off.
--
-- KEYS     1: the event stream, which routes the script
-- ARGV     1: the job
-- Returns  the state that it is in then, as `STANDING` has it; nil when there is no such job
-- Atomic   a job that waits can't be claimed between the look at it and its end; of one that runs it is noted where its every end looks

local job = job_of(ARGV[1])
if not job then
  return nil
end
begin_though_full()
if job.state == 'a' then
  call('HSET', STANDING, job.id, 'a!' .. sub(job.stands, 3))
  publish(SUMMONS, match(job.stands, '^..%d+ %S+ %d+ (.-)\n'))
elseif job.state == 'w' or job.state == 'd' then
  call_off(job)
  job.state = 'x'
end
settle()
return job.state
