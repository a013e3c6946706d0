-- Hands jobs to a worker.
--
-- KEYS     1: the event stream, which routes the script
-- ARGV     1: the worker · 2: jobs at most, up to 1,000 · 3: the lease in ms · 4: what the tokens begin with, made anew for every call and
--          with the lease at its end · 5: due jobs to make ready first, at most · 6: where the worker hears of a job that is handed to it
--          while it waits, '' where it does not · 7…: the queues
-- Returns  1: milliseconds until the next delayed job of these queues is due, -1 when there is none; 0 when jobs were claimed
--          then four values a job: id, token, its line in `JOBS`, attempt
-- Atomic   a job leaves `waiting` and gets its token, its lease and its event in one step, so it has one holder at every moment; and
--          the limit of a queue is looked at in the step that takes jobs out of it

local names, promoted = { unpack(ARGV, 7) }, 0
local most = tonumber(ARGV[5])
for _, queue in ipairs(names) do
  if promoted < most then
    promoted = promoted + promote(queue, most - promoted)
  end
end
if promoted > 0 then
  settle_keys()
  flush()
end

local claimed = { 0 }
hand_out(claimed, ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), ARGV[4], names)
if #claimed == 1 then
  claimed[1] = -1
  for _, queue in ipairs(names) do
    if ARGV[6] ~= '' then
      call('HSET', OFFERS .. queue, ARGV[1], ARGV[6] .. ' ' .. ARGV[3] .. ' ' .. ARGV[4])
    end
    local due = call('ZRANGE', DELAYED .. queue, 0, 0, 'WITHSCORES')[2]
    if due then
      local wait_for = math.max(due - now, 0)
      claimed[1] = claimed[1] < 0 and wait_for or math.min(claimed[1], wait_for)
    end
  end
end
settle()
return claimed
