-- Fires a schedule.
--
-- KEYS     1: the event stream, which routes the script
-- ARGV     1: its name · 2: the moment that it is due for, in ms since 1970 · 3: the next one, '' for never
--          then, unless the run is left out, the five values of its job, as `enqueue.lua` has them
-- Returns  1 when this call fired it, 0 when somebody else did
-- Atomic   the moment is compared in the step that makes the job and writes the next moment: however many see it due, one fires it

local name = ARGV[1]
if call('ZSCORE', ALARMS, name) ~= ARGV[2] then
  return 0
end
if ARGV[3] == '' then
  call('ZREM', ALARMS, name)
else
  call('ZADD', ALARMS, ARGV[3], name)
end
if ARGV[4] then
  local id = ARGV[4]
  -- A job that is there already, under its id or its unique key, is this run's as well.
  local there = call('HEXISTS', JOBS, id) == 1 and id or take_in(id, ARGV[5], ARGV[6], ARGV[7], ARGV[8])
  call('HSET', RUNS, name, ARGV[2] .. '\n' .. (there or id))
end
settle()
return 1
