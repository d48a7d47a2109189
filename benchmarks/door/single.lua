-- One report a request, for wrk (Debian: apt-get install wrk):
--   KEY=$(sanwang door keys new load --scope reports:hotline --rate 1000000) \
--   NOW=$(TZ=Asia/Shanghai date +%Y%m%d%H%M%S) wrk -t1 -c64 -d20 --latency -s benchmarks/door/single.lua http://127.0.0.1:8089
local headers = {["Authorization"] = "Bearer " .. os.getenv("KEY"), ["Content-Type"] = "application/json"}
local started, sent, threads = os.time(), 0, 0
local report = '{"feed":"hotline","number":"L%d-%d-%d","call_time":"%s","kind":"投诉","title":"路灯不亮",'
  .. '"detail":"市场门口的路灯三天不亮了，晚上走路很不安全，希望尽快派人来修，已经反映过两次没有结果",'
  .. '"address":"青澜区悦湖社区","area_code":"990101001001","caller":"13900000002"}'

function setup(thread)
  thread:set("number", threads)
  threads = threads + 1
end

local function one()
  sent = sent + 1
  return string.format(report, started, number, sent, os.getenv("NOW"))
end

function request()
  return wrk.format("POST", "/v1/reports", headers, one())
end
