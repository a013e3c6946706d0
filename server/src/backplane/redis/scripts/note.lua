-- Adds lines to a job's log.
--
-- KEYS     1: the event stream, which routes the script
-- ARGV     1: id · 2: token · 3: lines kept · 4…: the lines, as JSON; 1,000 at most
-- Returns  1 when they stand, 0 when they were refused
-- Atomic   the token is compared in the step that writes: an attempt that lost its lease says nothing in the next one's name

local held = held_by(ARGV[1], ARGV[2])
if not held then
  return 0
end
if #ARGV > 3 then
  call('RPUSH', LINES .. ARGV[1], unpack(ARGV, 4))
  call('LTRIM', LINES .. ARGV[1], -ARGV[3], -1)
  leave_traces(ARGV[1], held)
end
return 1
