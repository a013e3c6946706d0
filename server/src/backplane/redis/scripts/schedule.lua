-- Keeps a schedule.
--
-- KEYS     1: the event stream, which routes the script
-- ARGV     1: `add`, `change` or `remove` · 2: its name · 3: its plan, as JSON · 4: when it runs next, in ms since 1970; '' for never
-- Returns  the plan of before with its moment, '' for a new one; nil when the name was taken, or there was no such schedule
-- Atomic   of two that add the same name one does, and a schedule is never due by the moment of a plan that was written over

local what, name = ARGV[1], ARGV[2]
local plan = call('HGET', PLANS, name)
if (what == 'add') == (plan ~= false) then
  return nil
end
call('ZREM', ALARMS, name)
if what == 'remove' then
  call('HDEL', PLANS, name)
  call('HDEL', RUNS, name)
  return plan
end
call('HSET', PLANS, name, (plan and match(plan, '^%d+') or stamp) .. '\n' .. ARGV[3])
if ARGV[4] ~= '' then
  call('ZADD', ALARMS, ARGV[4], name)
end
return plan or ''
