-- Takes jobs in.
--
-- KEYS     1: the event stream, which routes the script
-- ARGV     five values a job: id, queue, head of its events, arguments, and the number of worker deaths allowed or JSON with that and
--          `priority` and `delay` in ms, and where it has them `uniqueKey`, `uniqueFor` in ms, `concurrencyKey`
-- Returns  for each job that was there already: its place among the jobs handed in, from 1, and the id of the one that is there
-- Atomic   all jobs with their events, or none: who reads "taken in" must be able to rely on every one of them, and two programs
--          that hand in the same unique key at the same moment must get one job

local ids = {}
for at = 1, #ARGV, 5 do
  ids[#ids + 1] = ARGV[at]
end
local jobs = lines(JOBS, ids)
will_tell_of(#ids)
local there, new = {}, {}
for place, id in ipairs(ids) do
  local at = place * 5 - 4
  local found
  if jobs[place] or new[id] then
    found = id
  else
    found = take_in(id, ARGV[at + 1], ARGV[at + 2], ARGV[at + 3], ARGV[at + 4])
    new[id] = not found
  end
  if found then
    there[#there + 1] = place
    there[#there + 1] = found
  end
end
settle()
return there
