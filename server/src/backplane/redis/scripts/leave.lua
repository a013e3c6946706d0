-- Says that a worker has ended as it should.
--
-- KEYS     1: the event stream, which routes the script
-- ARGV     1: the worker
-- Returns  nothing
-- Atomic   it is in all lists or in none, so nobody looks for jobs of a worker that has left

forget_worker(ARGV[1])
