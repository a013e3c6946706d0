-- Stands behind `moves.lua`: handing a job to a worker in the step that takes it in, which spares the worker an errand.

-- What is longer is fetched by the worker: whoever listens holds so much.
local LONGEST_HAND = 65536
-- A worker gives a sign of life more often than so; one that does not is frozen, or cut off, and would sit on the job.
local SILENCE_MS = 4500

-- Who waits for a queue: the worker, and the word that it left. What may not be asked is nobody.
local function someone_waiting(queue)
  local offer = redis.pcall('HRANDFIELD', OFFERS .. queue, 1, 'WITHVALUES')
  return offer[1], offer[2]
end

local function is_silent(worker)
  local sign = call('HGET', SIGNS, worker)
  return sign and now - match(sign, '^%d+') > SILENCE_MS
end

-- A worker that found nothing leaves word where it waits. It is handed the next job that comes alone into a queue that is empty, and held
-- back by nothing. Whoever does not hear any more is passed over; who hears and does not take the job gives it back. Returns whether
-- somebody heard.
local function hand(id, queue, head, line)
  if #line > LONGEST_HAND or call('EXISTS', WAITING .. queue) == 1 or call('HEXISTS', CURBS, queue) == 1 then
    return false
  end
  local worker, word = someone_waiting(queue)
  while worker do
    call('HDEL', OFFERS .. queue, worker)
    local channel, lease, tokens = match(word, '^(%S+) (%d+) (%S+)$')
    local token = tokens .. '1'
    local heard = not is_silent(worker) and redis.pcall('PUBLISH', channel, cjson.encode({ worker, queue, id, token, line }))
    if type(heard) == 'number' and heard > 0 then
      give(id, queue, head, '1', '-', token, worker, tonumber(lease))
      return true
    end
    worker, word = someone_waiting(queue)
  end
  return false
end
