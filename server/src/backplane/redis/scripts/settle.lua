-- Stands behind `key.lua`: the end of each step that moves jobs.

-- What holds a queue back: whether it is paused, and how many jobs of it may run.
local function curbs(line)
  return sub(line, 1, 1) == 'p', tonumber(match(line, '%d+'))
end

-- What is known of it in this step; false where nothing holds the queue back.
local curb_of = {}
local function look_up_curbs(queues)
  for place, line in ipairs(lines(CURBS, queues)) do
    curb_of[queues[place]] = line
  end
end

-- Wakes those who wait for a limited queue in which there is room again.
local function ring_for_room()
  local unknown = {}
  for queue in pairs(left) do
    if curb_of[queue] == nil then
      unknown[#unknown + 1] = queue
    end
  end
  look_up_curbs(unknown)
  for queue in pairs(left) do
    local line = curb_of[queue]
    if line then
      local paused, limit = curbs(line)
      if not paused and limit and call('ZCARD', ACTIVE .. queue) < limit and call('EXISTS', WAITING .. queue) == 1 then
        publish(BELL, queue)
      end
    end
  end
end

-- Does what was kept for later. The bell rings also for a queue whose next due job is another one now.
local function settle()
  settle_keys()
  flush()
  note_agenda()
  ring_for_new()
  for queue, first in pairs(first_due) do
    local due = call('ZRANGE', DELAYED .. queue, 0, 0)[1]
    if due and due ~= first then
      publish(BELL, queue)
    end
  end
  if next(left) then
    ring_for_room()
  end
end
