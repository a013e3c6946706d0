-- Says that workers live, and by the end of which connection it is seen that their process is gone.
--
-- KEYS     1: the event stream, which routes the script
-- ARGV     1: the id of the connection · 2…: the workers
-- Returns  nothing
-- Atomic   a worker that comes back on another connection is never seen with the old one and without the doubt that it is gone

for at = 2, #ARGV do
  redis.call('ZADD', WORKERS, stamp, ARGV[at])
  redis.call('HSET', CONNECTIONS, ARGV[at], ARGV[1])
  redis.call('HDEL', MISSING, ARGV[at])
end
