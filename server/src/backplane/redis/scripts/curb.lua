-- Pauses a queue, lets it go on, or limits how many of its jobs run.
--
-- KEYS     1: the event stream, which routes the script
-- ARGV     1: the queue · 2: `pause`, `resume` or `limit` · 3: the limit, '' for none
-- Returns  1: 1 when it rested before, else 0 · 2: the limit of before, nil for none
-- Atomic   the counts in the event are those of the moment of the change, and no claim sees the queue between the change and its event

begin_though_full()
local queue, what = ARGV[1], ARGV[2]
local line = call('HGET', CURBS, queue) or ''
local paused, limit = curbs(line)
local was_paused, old_limit = paused, limit or false
if what == 'limit' then
  limit = tonumber(ARGV[3])
else
  paused = what == 'pause'
end
line = (paused and 'p' or '') .. (limit and text(limit) or '')
if line == '' then
  call('HDEL', CURBS, queue)
else
  call('HSET', CURBS, queue, line)
end
call('SADD', QUEUES, queue)
if paused ~= was_paused then
  tell_of_queue(queue, queue_now(queue, paused))
end
-- Whoever waits found the queue closed, or full.
if not paused and call('EXISTS', WAITING .. queue) == 1 then
  publish(BELL, queue)
end
return { was_paused and 1 or 0, old_limit }
