-- Appends events to the log.
--
-- KEYS     1: the event stream, which routes the script
-- ARGV     1: the epoch of the log, should it have none yet
--          then for each event: its JSON behind the opening brace, the number of its channels, the channels
-- Returns  1: the epoch · 2: the id of the last event
-- Atomic   the events stand behind each other in the log, and whoever only subscribes sees what is in it

call('HSETNX', LOG, 'epoch', ARGV[1])
local last
local at = 2
while at < #ARGV do
  local json = '{"timestamp":' .. stamp .. ',' .. ARGV[at]
  last = call('XADD', EVENTS, '*', 'e', json)
  for channel = at + 2, at + 1 + ARGV[at + 1] do
    publish(ARGV[channel], json)
  end
  at = at + 2 + ARGV[at + 1]
end
return { call('HGET', LOG, 'epoch'), last }
