-- Says that a worker has ended as it should.
--
-- KEYS     1: the event stream, which routes the script
-- ARGV     1: the worker · 2…: the queues whose jobs it waited for
-- Returns  nothing
-- Atomic   it is in all lists or in none, so nobody looks for jobs of a worker that has left; and that it is gone is told

begin_though_full()
tell_of_end(ARGV[1])
forget_worker(ARGV[1])
for at = 2, #ARGV do
  call('HDEL', OFFERS .. ARGV[at], ARGV[1])
end
