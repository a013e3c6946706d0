-- Stands behind `moves.lua`: handing a job to a worker in the step that takes it in, which spares the worker an errand.

-- A worker that found nothing leaves word where it waits. It is handed the next job that comes alone into a queue that is empty, and held
-- back by nothing. Whoever does not hear any more is passed over; who hears and does not take the job gives it back. Returns whether
-- somebody heard.
local function hand(id, queue, head, line)
  if call('EXISTS', WAITING .. queue) == 1 or call('HEXISTS', CURBS, queue) == 1 then
    return false
  end
  local offer = call('HRANDFIELD', OFFERS .. queue, 1, 'WITHVALUES')
  while offer[1] do
    local worker = offer[1]
    call('HDEL', OFFERS .. queue, worker)
    local channel, lease, tokens = match(offer[2], '^(%S+) (%d+) (%S+)$')
    local token = tokens .. '1'
    local heard = redis.pcall('PUBLISH', channel, cjson.encode({ worker, queue, id, token, line }))
    if type(heard) == 'number' and heard > 0 then
      give(id, queue, head, '1', '-', token, worker, tonumber(lease))
      return true
    end
    offer = call('HRANDFIELD', OFFERS .. queue, 1, 'WITHVALUES')
  end
  return false
end
