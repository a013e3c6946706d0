-- Tells how queues stand that are not as they were told last.
--
-- KEYS     1: the event stream, which routes the script
-- ARGV     none
-- Returns  how many queues have to be told of, though not yet
-- Atomic   what was told is noted in the step that tells it, so of two processes one tells; and the counts are those of that moment

begin_though_full()
return tell_of_queues()
