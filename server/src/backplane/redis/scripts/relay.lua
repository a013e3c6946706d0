-- Brings events that a transaction of the database wrote into the log.
--
-- KEYS     1: the event stream, which routes the script
-- ARGV     three values an event: the name of its row, its channel, its JSON
-- Returns  how many of them were new
-- Atomic   the row's name is noted in the step that appends its event. A process may die before it removes the rows, and two may
--          bring the same ones: the second time nothing happens

local new = 0
for at = 1, #ARGV, 3 do
  if call('ZADD', RELAYED, 'NX', stamp, ARGV[at]) == 1 then
    call('XADD', EVENTS, '*', 'e', ARGV[at + 2])
    publish(ARGV[at + 1], ARGV[at + 2])
    new = new + 1
  end
end
-- Far more names than rows can be on their way at once.
call('ZREMRANGEBYRANK', RELAYED, 0, -20001)
return new
