"""Routing, case by case, by the demo's rules in the small city of tests/support/small_city.py."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from streams.core.decision import Route
from streams.core.event import WISHES
from streams.core.route import DEFAULT, Matter, Router
from tests.support import small_city
from tests.support.small_city import CITY, E1, E1V1, E1V2, E2, E2V1, EAST, GRID, MICRO, W1, W1V1, WEST

AREAS = {"CITY": CITY, "EAST": EAST, "E1": E1, "E1V1": E1V1, "E1V2": E1V2, "E2": E2, "E2V1": E2V1, "WEST": WEST,
         "W1": W1, "W1V1": W1V1, "GRID": GRID, "MICRO": MICRO, "FOREIGN": "110101001001", "NONE": ""}  # fmt: skip
MOMENTS = {"day": "2026-03-10 10:00", "noon": "2026-03-10 12:30", "dusk": "2026-03-10 17:30", "eve": "2026-03-10 21:59",
           "night": "2026-03-10 22:00", "late": "2026-03-11 05:59", "dawn": "2026-03-11 06:00",
           "morning": "2026-03-11 09:00", "sat": "2026-03-14 10:00", "worked": "2026-02-28 10:00",
           "festival": "2026-02-17 10:00"}  # fmt: skip

# item | area | urgency | feed | moment and flags | lead | rule | assisting units (- none, ... not looked at)
CASES = """
# fire, ambulance, gas, lift, flood, accidents: those who rescue go first
21007 | E1V1 | 1 | police  | day    | E-XF  | 火情消防先到 | E1-PCS C-WJ C-DL C-GS
21007 | W1V1 | 1 | grid    | night  | C-XF  | 火情消防先到 | ...
21007 | E1V1 | 1 | hotline | sat    | E-XF  | 火情消防先到 | ...
30001 | E2V1 | 1 | grid    | day    | E-XF  | 火情消防先到 | E-GA E-YJ C-LY
32005 | E1V1 | 1 | police  | day    | C-JZ  | 急病重伤急救先到 | E1-PCS
32005 | W1V1 | 1 | hotline | night  | C-JZ  | 急病重伤急救先到 | W1-PCS
22001 | E1V1 | 1 | police  | day    | E1-PCS | 燃气险情先到 | C-RQ E-XF E-CG E-YJ
22001 | E1V1 | 1 | hotline | night  | E1-PCS | 燃气险情先到 | C-RQ E-XF E-CG E-YJ
22002 | E2   | 2 | grid    | day    | E-GA  | 燃气险情先到 | C-RQ E-XF E-CG E-YJ
22001 | E1V1 | 3 | police  | day    | C-RQ  | 事项清单 | E-CG E-XF E1-PCS
22001 | E1V1 | 3 | hotline | day    | E1-PCS | 险情公安先到 | C-RQ E-CG E-XF
28001 | E1V1 | 1 | hotline | day    | E-XF  | 电梯困人消防先到；另涉电梯维保单位、物业服务企业 | E-SJ E1-PCS
28001 | W1   | 1 | police  | late   | C-XF  | 电梯困人消防先到；另涉电梯维保单位、物业服务企业 | C-SJ W1-PCS
31001 | E1   | 1 | police  | day    | E-YJ  | 洪涝地灾应急先到 | E-XF E1-PCS E1-ZF
31002 | W1V1 | 1 | grid    | night  | C-YJ  | 洪涝地灾应急先到 | C-XF W1-PCS C-SL W1-ZF
31003 | E2V1 | 1 | grid    | day    | E-YJ  | 洪涝地灾应急先到 | E-XF E-GA C-ZR E2-ZF
31005 | CITY | 1 | hotline | day    | C-YJ  | 洪涝地灾应急先到；另涉街道(乡镇) | C-XF C-GA
25006 | E1V1 | 1 | hotline | day    | E-YJ  | 生产安全事故 | E-XF E1-PCS C-JZ
24003 | E1   | 1 | police  | night  | E-YJ  | 生产安全事故 | E-XF E1-PCS C-JZ E-JJ
45007 | E2V1 | 1 | grid    | day    | C-HB  | 水源污染市级牵头 | C-GS C-WJ E-YJ E-GA
45007 | W1V1 | 1 | police  | night  | C-HB  | 水源污染市级牵头 | C-GS C-WJ C-YJ W1-PCS
49001 | E1V1 | 1 | hotline | day    | C-WJ  | 疫情与食物中毒 | C-JK E-SJ C-JZ E1-PCS
53001 | W1   | 1 | grid    | day    | C-WJ  | 疫情与食物中毒 | C-JK C-SJ C-JZ W1-PCS

# violence: police first, then mediation in place
01005 | E1V1 | 2 | police  | night  | E1-PCS | 家庭暴力先到 | E1V1-CW C-FL E1V1-TJ E-MZ
01005 | E2V1 | 2 | hotline | day    | E-GA  | 家庭暴力先到 | E2V1-CW C-FL E2V1-TJ E-MZ
01006 | W1V1 | 1 | grid    | day    | W1-PCS | 家庭暴力先到 | W1V1-CW C-FL W-SF C-MZ
02001 | E1V1 | 1 | grid    | day    | E1-PCS | 纠纷激化公安先到 | E1V1-TJ E1-ZF
02001 | E1V1 | 4 | hotline | day life | E1-PCS | 纠纷激化公安先到 | E1V1-TJ E1-ZF
07001 | E1V2 | 1 | hotline | day    | E1-PCS | 纠纷激化公安先到 | E1-TJ C-WJ E1-ZF
05001 | E2   | 1 | hotline | day    | E-GA  | 纠纷激化公安先到 | E-TJ E-RS E2-ZF
03001 | W1   | 1 | police  | day    | W1-PCS | 纠纷激化公安先到 | W-SF C-ZJ W1-ZF
09004 | E1   | 1 | hotline | day    | E-JR  | 非法集资县级承办 | E1-PCS E-SJ
11003 | E1V1 | 1 | police  | night  | E1-PCS | 打架斗殴 | E1V1-XL C-JZ E1V1-CW
11003 | E1V2 | 1 | hotline | day    | E1-PCS | 打架斗殴 | E1-XL C-JZ E1V2-CW
14002 | E2   | 1 | grid    | day    | E-GA  | 打架斗殴；另涉村(社区) | E-XL C-JZ
14002 | W1V1 | 1 | police  | day    | W1-PCS | 打架斗殴 | C-JZ W1V1-CW

# lost people, schools, grave cases
18002 | E1V1 | 1 | police  | day    | E1-PCS | 走失查找 | E1V1-XL E1V1-CW E-MZ
32001 | W1V1 | 1 | grid    | day    | W1-PCS | 走失查找 | W1V1-CW C-MZ
29004 | E1V1 | 1 | police  | day    | E1-PCS | 校园周边险情 | E1V1-XL C-JY E-JJ
11006 | E1V1 | 1 | police  | day    | E-GA  | 重大案件县级承办 | E1-PCS E1V1-CW
11007 | W1V1 | 1 | hotline | day    | W-GA  | 重大案件县级承办 | W1-PCS C-MZ C-FL
12004 | CITY | 1 | police  | day    | C-GA  | 重大案件县级承办；另涉禁毒办 | -
13006 | E2   | 1 | police  | day    | E-GA  | 重大案件县级承办 | E-SJ E2-ZF
19003 | E1V1 | 1 | grid    | day    | E-GA  | 侵害未成年人强制报告；另涉检察院 | E1-PCS C-JY C-FL
11002 | E1V1 | 2 | police  | day    | E-GA  | 电信诈骗止付；另涉银行业机构 | E1-PCS C-TX
16002 | W1V1 | 1 | hotline | night  | W-GA  | 电信诈骗止付；另涉银行业机构 | W1-PCS C-TX
11004 | E1V1 | 2 | police  | day    | E-GA  | 涉黑涉恶线索县级承办 | -
11004 | W1V1 | 2 | grid    | day    | W-GA  | 涉黑涉恶线索县级承办 | -

# other danger by 12345 or the grid: police first; by 110 it goes as the catalogue says
23001 | E1V1 | 1 | hotline | day    | E1-PCS | 险情公安先到 | ...
23001 | E1V1 | 1 | police  | day    | C-DL  | 事项清单 | ...
40002 | E2   | 2 | grid    | night  | E-GA  | 险情公安先到 | E-CG C-DL C-TX
27001 | E1V1 | 1 | hotline | day    | E1-PCS | 险情公安先到 | E-ZJ E1-ZF E-YJ
27001 | E1V1 | 1 | police  | day    | E-ZJ  | 事项清单 | E1-ZF E-YJ
20003 | E1V1 | 1 | grid    | day    | E1-PCS | 险情公安先到 | E-MZ E1V1-CW
20003 | E1V1 | 1 | grid    | day self | E1-PCS | 险情公安先到 | E-MZ E1V1-CW
33001 | E1V1 | 4 | hotline | day life | E1-PCS | 险情公安先到；另涉物业服务企业 | E-HW E1-ZF
32003 | E1V1 | 1 | hotline | night  | E1-PCS | 事项清单 | E-XF C-JZ
32002 | W1V1 | 1 | grid    | day    | W1-PCS | 事项清单 | C-JZ C-XF W1V1-CW
47001 | E1V1 | 1 | police  | day    | E-JJ  | 事项清单 | C-JZ E-XF
47001 | W1V1 | 1 | hotline | day    | C-JJ  | 事项清单 | C-JZ C-XF

# several places fit: the command centre finds out, unless life is in danger
38001 | EAST | 3 | hotline | day amb | E-ZH | 地点不明由指挥中心核实 | E-SZ
38001 | WEST | 3 | hotline | day amb | C-ZH | 地点不明由指挥中心核实 | W-CG
33001 | E1   | 4 | grid    | day amb | E-ZH | 地点不明由指挥中心核实 | E-HW
11003 | E1   | 1 | police  | day amb | E1-PCS | 打架斗殴；另涉村(社区) | E1-XL C-JZ
21007 | EAST | 1 | hotline | day amb | E-XF | 火情消防先到 | ...
11003 | EAST | 2 | hotline | day amb | E-GA | 打架斗殴；另涉村(社区) | E-XL C-JZ
11001 | EAST | 2 | police  | day amb | E-GA | 事项清单；另涉村(社区) | -
11001 | EAST | 2 | hotline | day amb | E-ZH | 地点不明由指挥中心核实 | E-GA

# settled on the spot
33001 | GRID | 4 | grid    | day self | E1V1-CW | 网格自办 | -
21001 | MICRO | 2 | grid   | day self | E1V1-CW | 网格自办 | -
33007 | E2   | 4 | grid    | day self | E-ZH | 网格自办；无村(社区)单位，由东沅区社会治理指挥中心承接 | -
02001 | W1V1 | 4 | grid    | day self | W1V1-CW | 网格自办 | -
33001 | GRID | 4 | hotline | day self | E-HW | 事项清单；另涉物业服务企业 | E1-ZF

# the street: the patrol cell, else the net above, else the police
13005 | E1V1 | 2 | police  | day    | E1V1-XL | 街面秩序巡防先到 | E1-PCS E-SJ E1-ZF
13005 | E1V2 | 2 | police  | day    | E1-XL | 街面秩序巡防先到 | E1-PCS E-SJ E1-ZF
13005 | E2   | 2 | police  | day    | E-XL  | 街面秩序巡防先到 | E-GA E-SJ E2-ZF
13005 | W1   | 2 | police  | day    | W1-PCS | 街面秩序巡防先到 | C-SJ W1-ZF
24005 | E1V1 | 3 | police  | festival | E1V1-XL | 街面秩序巡防先到 | E1-PCS E-CG
27004 | E1V1 | 2 | hotline | day    | E1V1-XL | 街面秩序巡防先到；另涉物业服务企业 | E1-PCS
14006 | GRID | 2 | police  | day    | E1V1-XL | 街面秩序巡防先到 | E1-PCS C-WJ C-JY
44001 | E1V1 | 4 | police  | night  | E1V1-XL | 夜间噪声巡防先到 | E1-PCS E1V1-CW
44001 | E1V1 | 4 | police  | late   | E1V1-XL | 夜间噪声巡防先到 | E1-PCS E1V1-CW
44001 | E1V1 | 4 | police  | dawn   | E1-PCS | 事项清单 | E-CG E1V1-CW
44001 | E1V1 | 4 | hotline | eve    | E1-PCS | 事项清单 | E-CG E1V1-CW
44004 | W1V1 | 4 | hotline | night  | W1-PCS | 夜间噪声巡防先到 | W1V1-CW

# disputes: six kinds to their bodies, the rest to the lowest room, up the ladder where there is none
07001 | E1V1 | 2 | grid    | day    | E-TYL | 医疗纠纷专业调解 | C-WJ E1-PCS
07002 | E2V1 | 3 | grid    | day    | E-TJT | 交通事故赔偿专业调解 | E-JJ C-FY
05002 | E1   | 3 | hotline | day    | E-TLD | 劳动争议专业调解 | E-RS C-GH
05001 | E1   | 2 | hotline | day    | E-RS  | 事项清单 | E-ZJ E1-PCS C-GH
05004 | E1   | 3 | hotline | day    | E-RS  | 事项清单；另涉税务局 | C-YB
07003 | E1   | 3 | grid    | day    | E-THJ | 环境纠纷专业调解；另涉村(社区) | E-HB
02004 | E2V1 | 4 | grid    | day    | E-THJ | 环境纠纷专业调解 | E-HB E2V1-CW
01001 | E1V1 | 4 | grid    | day    | E-THY | 婚姻家庭专业调解 | E1V1-CW C-FL E1-PCS
04001 | E2V1 | 3 | grid    | day    | E-TTD | 土地纠纷专业调解 | E-NY C-ZR E2V1-CW E2-ZF
04003 | W1V1 | 3 | grid    | day    | W-SF  | 土地纠纷专业调解 | C-LY C-ZR W1V1-CW W1-ZF
01001 | W1V1 | 4 | grid    | day    | W-SF  | 婚姻家庭专业调解 | W1V1-CW C-FL W1-PCS
07001 | CITY | 2 | hotline | day    | C-SF  | 医疗纠纷专业调解 | C-WJ C-GA
02001 | E1V1 | 4 | grid    | day    | E1V1-TJ | 邻里纠纷就地调解 | E1V1-CW E1-PCS
02001 | MICRO | 4 | grid   | day    | E1V1-TJ | 邻里纠纷就地调解 | E1V1-CW E1-PCS
02006 | E1V2 | 4 | grid    | day    | E1-TJ | 邻里纠纷就地调解 | E1V2-CW E1-PCS
02006 | E2   | 4 | hotline | day    | E-TJ  | 邻里纠纷就地调解；另涉村(社区) | E-GA
02006 | E2V1 | 4 | police  | night  | E2V1-TJ | 邻里纠纷就地调解 | E2V1-CW E-GA
02002 | W1V1 | 4 | grid    | day    | W-SF  | 邻里纠纷就地调解 | W1V1-CW W1-PCS
03001 | E1V1 | 3 | grid    | day    | E1-TJ | 物业纠纷乡镇先调 | E1-ZF E-ZJ
03001 | E1V1 | 3 | hotline | day    | E-ZJ  | 事项清单 | E-SF E1-ZF
03002 | E2V1 | 3 | grid    | day    | E-TJ  | 物业纠纷乡镇先调 | E2-ZF E-ZJ
09001 | E1V1 | 3 | police  | day    | E1V1-TJ | 110 纠纷转调解 | E1-PCS
09001 | E1V1 | 3 | hotline | day    | E-SF  | 事项清单 | E1-PCS E-SJ
07006 | E1V2 | 3 | police  | day    | E1-TJ | 110 纠纷转调解 | E1-PCS
07007 | E1V1 | 3 | grid    | day    | E1V1-TJ | 事项清单 | E1-PCS
10003 | E1V1 | 4 | grid    | day    | E1V1-TJ | 事项清单 | E1V1-CW

# raised, and kept from those concerned
09004 | W1   | 1 | hotline | day    | C-JR  | 非法集资县级承办 | W1-PCS C-SJ
10005 | E1V1 | 3 | hotline | day    | E-JW  | 投诉举报回避 | -
55002 | W1   | 3 | hotline | day    | C-JW  | 投诉举报回避 | -
55002 | E1   | 3 | police  | night  | E-JW  | 投诉举报回避 | -

# what the caller wishes: to report a wrong without being known, to be answered
49002 | W1   | 3 | hotline | day 举报 | C-SJ | 举报保密县级承办 | -
33001 | E1V1 | 4 | hotline | day 举报 | E-HW | 举报保密县级承办 | -
45006 | E1V1 | 2 | hotline | day 举报 | E1-ZF | 涉水危险属地先处 | ...
42001 | E1   | 4 | hotline | day 咨询 | C-YL | 咨询建议由主办答复 | -
40001 | E1V1 | 4 | hotline | day 建议 | E-CG | 咨询建议由主办答复 | -
33001 | E1V1 | 4 | hotline | day 投诉 | E-HW | 事项清单；另涉物业服务企业 | E1-ZF
41001 | E1V1 | 2 | hotline | day 咨询 | C-GS | 事项清单；另涉物业服务企业 | C-GR
55005 | E1V1 | 4 | hotline | day 咨询 | E-ZH | 未列入清单 | E1-ZF

# hours and days
37002 | E1V1 | 3 | hotline | day    | E-CG  | 事项清单 | E-ZJ E-HB
37002 | E1V1 | 3 | hotline | night  | E-CG  | 夜间施工扰民 | E-ZJ E1-PCS
44003 | W1V1 | 4 | hotline | late   | W-CG  | 夜间施工扰民 | C-ZJ W1-PCS
38002 | E1V1 | 2 | hotline | day    | E-SZ  | 事项清单 | E-ZJ E-JJ
38002 | E1V1 | 2 | hotline | dusk   | E-SZ  | 非工作时间道路险情看守 | E1V1-XL E-JJ E1-ZF C-PS
38002 | E1V1 | 2 | hotline | morning | E-SZ | 事项清单 | E-ZJ E-JJ
39001 | E1V1 | 2 | hotline | sat    | E-SZ  | 非工作时间道路险情看守 | E1V1-XL E-JJ E1-ZF C-PS
39001 | E1V1 | 2 | hotline | worked | E-SZ  | 事项清单；另涉管线权属单位 | C-PS
39003 | W1V1 | 2 | grid    | festival | W-CG | 非工作时间道路险情看守 | W1-PCS C-JJ W1-ZF C-PS
39003 | E1   | 2 | grid    | noon   | E-SZ  | 事项清单 | E-YJ E-JJ

# the township first
30003 | E2V1 | 3 | grid    | day    | E2-ZF | 野外用火属地先处 | E-HB E-XF E2V1-CW
30002 | W1V1 | 2 | grid    | day    | W1-ZF | 野外用火属地先处 | C-LY C-XF W1V1-CW
45006 | E1V1 | 2 | grid    | day    | E1-ZF | 涉水危险属地先处 | C-SL E1-PCS E1V1-CW
29006 | E1V1 | 2 | hotline | day    | E1-ZF | 涉水危险属地先处 | C-SL E1-PCS E1V1-CW
33001 | GRID | 4 | grid    | day    | E1-ZF | 市容小事属地先办 | E-HW
34002 | E2V1 | 4 | grid    | day    | E2-ZF | 市容小事属地先办 | E-CG
34002 | EAST | 4 | grid    | day    | E-CG  | 事项清单 | E-ZF E-SJ
33001 | E1V1 | 3 | grid    | day    | E-HW  | 事项清单；另涉物业服务企业 | E1-ZF
33001 | E1V1 | 4 | hotline | day    | E-HW  | 事项清单；另涉物业服务企业 | E1-ZF

# the catalogue's own lead, and the ladder above it
11001 | E1V1 | 2 | police  | day    | E1-PCS | 事项清单 | E1V1-CW
11001 | E2V1 | 2 | police  | day    | E-GA  | 事项清单 | E2V1-CW
11001 | CITY | 2 | police  | day    | C-GA  | 事项清单；另涉村(社区) | -
41001 | E1V1 | 2 | hotline | day    | C-GS  | 事项清单；另涉物业服务企业 | C-GR
43001 | E1   | 3 | hotline | day    | E-HB  | 事项清单 | E-CG E-SJ
49002 | W1   | 3 | hotline | day    | C-SJ  | 事项清单 | C-WJ C-NY
39007 | E1   | 4 | hotline | day    | E-SZ  | 事项清单；另涉供热公司 | C-DL C-TX C-GS C-RQ
18005 | E1   | 4 | hotline | day    | C-CL  | 事项清单 | E-MZ
15001 | E1   | 2 | grid    | day    | E1-PCS | 事项清单；另涉铁路单位、政法委(护路办) | -

# nothing is ever unowned
55005 | E1V1 | 4 | grid    | day    | E-ZH  | 未列入清单 | E1-ZF
55005 | W1V1 | 4 | police  | day    | C-ZH  | 未列入清单 | W1-ZF
55005 | CITY | 4 | hotline | day    | C-ZH  | 未列入清单；另涉街道(乡镇) | -
99999 | E1   | 4 | hotline | day    | E-ZH  | 未列入清单 | E1-ZF
33001 | FOREIGN | 4 | hotline | day | C-CG  | 事项清单；另涉街道(乡镇)、物业服务企业 | -
33001 | NONE | 4 | hotline | day    | C-CG  | 事项清单；另涉街道(乡镇)、物业服务企业 | -
45006 | CITY | 2 | hotline | day    | C-ZH  | 涉水危险属地先处 | ...

# 110 alerts that are no police matters go to their owner, without a police unit
33003 | E1V1 | 4 | police  | day    | E-HW  | 非警务警情转主管部门；另涉物业服务企业 | E1-ZF
50002 | E1   | 4 | police  | day    | E-SJ  | 非警务警情转主管部门 | C-FG
38001 | W1V1 | 3 | police  | night  | W-CG  | 非警务警情转主管部门 | C-ZJ C-JJ
10001 | E1V1 | 4 | police  | day    | E-SF  | 非警务警情转主管部门 | -
"""


def _rows(table: str) -> list[list[str]]:
    lines = (line for line in table.splitlines() if line and not line.startswith("#"))
    return [[cell.strip() for cell in line.split("|")] for line in lines]


def clock(moment: str) -> int:
    return int(datetime.fromisoformat(MOMENTS[moment]).replace(tzinfo=ZoneInfo("Asia/Shanghai")).timestamp() * 1000)


@pytest.fixture(scope="module")
def router() -> Router:
    return small_city.router()


def _route(router: Router, item: str, area: str, urgency: str, feed: str, when: str) -> Route:
    moment, *flags = when.split()
    wish = next((flag for flag in flags if flag in WISHES), "")
    return router.route(Matter(
        item, AREAS[area], int(urgency), feed, clock(moment),
        life_safety="life" in flags, ambiguous="amb" in flags, self_handled="self" in flags, wish=wish,
    ))  # fmt: skip


@pytest.mark.parametrize(("item", "area", "urgency", "feed", "when", "lead", "rule", "assists"), _rows(CASES))
def test_route(
    router: Router, item: str, area: str, urgency: str, feed: str, when: str, lead: str, rule: str, assists: str
) -> None:
    route = _route(router, item, area, urgency, feed, when)
    assert route.lead == lead
    if assists == "...":  # then the notes on missing units do not matter either
        assert route.rule.split("；")[0] == rule
    else:
        assert (route.rule, " ".join(route.assists) or "-") == (rule, assists)


def test_there_are_enough_cases() -> None:
    assert len(_rows(CASES)) >= 120


def test_every_rule_of_the_demo_has_a_case() -> None:
    tested = {row[6].split("；")[0] for row in _rows(CASES)}
    assert {rule.name for rule in small_city.rules()} | {DEFAULT} == tested


def test_the_rule_text_says_who_stands_in_and_who_is_missing(router: Router) -> None:
    route = _route(router, "30003", "CITY", "3", "hotline", "day")
    stands_in = "无街道(乡镇)单位，由临沅市社会治理指挥中心承接"
    assert route.rule == f"野外用火属地先处；{stands_in}；另涉村(社区)"
    assert (route.lead, route.lead_sector) == ("C-ZH", "街道(乡镇)")
