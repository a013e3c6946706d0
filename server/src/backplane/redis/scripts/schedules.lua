-- Tells of schedules.
--
-- KEYS     1: the event stream, which routes the script
-- ARGV     1: `all`, `one` or `due` · 2: which one; of those that are due, how many at most
-- Returns  1: now, in ms since 1970 · 2: for each schedule its name, its plan, its last run and its next, as their keys have them
-- Atomic   a schedule is seen with the plan and the moment that belong together

local names = { ARGV[2] }
if ARGV[1] == 'all' then
  names = call('HKEYS', PLANS)
elseif ARGV[1] == 'due' then
  names = call('ZRANGEBYSCORE', ALARMS, '-inf', stamp, 'LIMIT', 0, ARGV[2])
end
local seen = {}
for _, name in ipairs(names) do
  local plan = call('HGET', PLANS, name)
  if plan then
    seen[#seen + 1] = { name, plan, call('HGET', RUNS, name), call('ZSCORE', ALARMS, name) }
  end
end
return { now, seen }
