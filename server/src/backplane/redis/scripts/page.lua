-- Leafs through a set of jobs.
--
-- KEYS     1: the event stream, which routes the script
-- ARGV     1: the set · 2: jobs at most · then, to go on behind a place: 3: its score · 4: its job
-- Returns  ids and scores, in their order
-- Atomic   the place is found and left in one step. It is found by its order, so it does no harm that its job has gone meanwhile

local set = ARGV[1]
-- As Redis compares members: byte by byte, whatever the language of the machine.
local function is_behind(id, other)
  for at = 1, math.min(#id, #other) do
    local one, two = string.byte(id, at), string.byte(other, at)
    if one ~= two then
      return one > two
    end
  end
  return #id > #other
end

local from = 0
if ARGV[3] then
  -- Of very many jobs with the same score the first one behind the place is found by halves.
  from = call('ZCOUNT', set, '-inf', '(' .. ARGV[3])
  local to = from + call('ZCOUNT', set, ARGV[3], ARGV[3])
  while from < to do
    local middle = math.floor((from + to) / 2)
    if is_behind(call('ZRANGE', set, middle, middle)[1], ARGV[4]) then
      to = middle
    else
      from = middle + 1
    end
  end
end
return call('ZRANGE', set, from, from + ARGV[2] - 1, 'WITHSCORES')
