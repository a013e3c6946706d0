-- Tells all that is known of jobs.
--
-- KEYS     1: the event stream, which routes the script
-- ARGV     the jobs, a few hundred at most
-- Returns  for each job that is there four values: id, its lines in `JOBS` and `STANDING`, its traits as names and values
-- Atomic   a job is seen at one moment: never with the state of before and the result of after

local seen, ids = {}, { unpack(ARGV) }
local standing = lines(STANDING, ids)
for place, line in ipairs(lines(JOBS, ids)) do
  if line then
    local stands, size = standing[place] or 'w-0', #seen
    seen[size + 1], seen[size + 2], seen[size + 3] = ids[place], line, stands
    seen[size + 4] = sub(stands, 2, 2) == '-' and {} or call('HGETALL', TRAITS .. ids[place])
  end
end
return seen
