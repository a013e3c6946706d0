-- Stands behind `job.lua` in the scripts in which a worker ends.

local function forget_worker(worker)
  call('HDEL', PROFILES, worker)
  call('HDEL', SIGNS, worker)
  call('HDEL', CONNECTIONS, worker)
  call('HDEL', MISSING, worker)
end
