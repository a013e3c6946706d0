-- Ends attempts, and hands out the next jobs.
--
-- KEYS     1: the event stream, which routes the script
-- ARGV     1: '1' when the same call was sent before and its answer was lost · 2: the number of endings
--          then five values an ending: id, token, outcome (`completed`, `retry`, `failed`, `back`, `snooze`, `cancelled`), the result or
--          the error as JSON, the delay in ms or the error's fingerprint
--          then, where jobs are wanted: the worker, jobs at most, the lease in ms, what the tokens begin with, as in `claim.lua`, the queues
-- Returns  1: for each ending 1 when it stands, 0 when it was refused · 2: four values a claimed job: id, token, its line in `JOBS`, attempt
-- Atomic   the token is compared and the result written in one step: an attempt that lost its lease can't end the next one's. That jobs
--          are handed out in the same step saves an errand for each batch

local claim = 3 + ARGV[2] * 5
local taken, claimed = end_attempts(3, claim - 1, ARGV[1] == '1'), {}
if claim <= #ARGV then
  settle_keys()
  flush()
  hand_out(claimed, ARGV[claim], tonumber(ARGV[claim + 1]), tonumber(ARGV[claim + 2]), ARGV[claim + 3], { unpack(ARGV, claim + 4) })
end
settle()
return { taken, claimed }
