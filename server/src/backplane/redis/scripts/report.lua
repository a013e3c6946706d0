-- Notes how far a job is.
--
-- KEYS     1: the event stream, which routes the script
-- ARGV     1: id · 2: token · 3: percent · 4: stage and message as they stand in the event, each behind a comma; '' when there are none
-- Returns  1 when it stands, 0 when it was refused
-- Atomic   the token is compared in the step that writes; and progress forgives earlier stalls in the step that tells of it

local held = held_by(ARGV[1], ARGV[2])
if not held then
  return 0
end
local traits = TRAITS .. ARGV[1]
local before_that = call('HGET', traits, 'progress') or 0
call('HSET', traits, 'progress', ARGV[3], 'said', ARGV[4])
if tonumber(ARGV[3]) > tonumber(before_that) then
  call('HDEL', traits, 'stalls')
end
leave_traces(ARGV[1], held)
tell(ARGV[1], held.queue, held.head, ',"status":"in_progress","progress":' .. ARGV[3] .. ',"attempt":' .. held.attempt .. ARGV[4])
return 1
