-- Notes how far a job is.
--
-- KEYS     1: the event stream, which routes the script
-- ARGV     1: id · 2: token · 3: percent · 4: stage and message as they stand in the event, each behind a comma; '' when there are none
-- Returns  1 when it stands, 0 when it was refused
-- Atomic   the token is compared in the step that writes; and progress forgives earlier stalls in the step that tells of it

local key = JOB .. ARGV[1]
local job = redis.call('HMGET', key, 'held', 'state', 'queue', 'head', 'attempt', 'progress')
if job[2] ~= 'active' or string.sub(job[1], 1, #ARGV[2] + 1) ~= ARGV[2] .. ' ' then
  return 0
end
redis.call('HSET', key, 'progress', ARGV[3], 'said', ARGV[4])
if tonumber(ARGV[3]) > tonumber(job[6] or 0) then
  redis.call('HDEL', key, 'stalls')
end
tell(ARGV[1], job[3], job[4], ',"status":"in_progress","progress":' .. ARGV[3] .. ',"attempt":' .. job[5] .. ARGV[4])
return 1
