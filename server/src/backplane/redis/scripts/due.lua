-- Names the schedules whose moment has come.
--
-- KEYS     1: the event stream, which routes the script
-- ARGV     1: schedules at most
-- Returns  1: now, in ms since 1970 · 2: for each schedule its plan, its last run and its next, as their keys have them
-- Atomic   a schedule is seen with the plan and the moment that belong together

local due = {}
local found = call('ZRANGEBYSCORE', ALARMS, '-inf', stamp, 'WITHSCORES', 'LIMIT', 0, ARGV[1])
for at = 1, #found, 2 do
  local plan = call('HGET', PLANS, found[at])
  if plan then
    due[#due + 1] = { plan, call('HGET', RUNS, found[at]), tonumber(found[at + 1]) }
  end
end
return { now, due }
