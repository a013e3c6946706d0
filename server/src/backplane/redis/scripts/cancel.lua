-- Calls a job off.
--
-- KEYS     1: the event stream, which routes the script
-- ARGV     1: the job
-- Returns  1: the state that it was in, as `STANDING` has it · 2: 1 when it had been called off before, and runs yet, else 0; nil when there is
--          no such job
-- Atomic   a job that waits can't be claimed between the look at it and its end; of one that runs it is noted where its every end looks

local job = job_of(ARGV[1])
if not job then
  return nil
end
local was, asked = job.state, job.state == 'a' and sub(job.stands, 2, 2) == '!'
begin_though_full()
if job.state == 'a' then
  call('HSET', STANDING, job.id, 'a!' .. sub(job.stands, 3))
  publish(SUMMONS, match(job.stands, '^..%d+ %S+ %d+ (.-)\n'))
elseif job.state == 'w' or job.state == 'd' then
  call_off(job)
end
settle()
return { was, asked and 1 or 0 }
