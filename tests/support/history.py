"""A made-up history: reports with labels of a city's own, to train models on."""

from __future__ import annotations

from random import Random

PLACES = ("渡口社区", "云河路", "望江花园", "北桥村", "南门市场", "东湖小学旁", "柳林新村", "石桥街")
MATTERS = {
    "供水": (
        "停水两天没有通知", "自来水管爆裂漏水", "水压低用不上水",
        "自来水发黄有异味", "水表坏了没人修", "管网漏水路面积水",
    ),
    "环卫": (
        "垃圾没人清运发臭", "垃圾桶满溢没人管", "道路没人清扫很脏",
        "建筑垃圾乱倒", "公厕又脏又臭", "垃圾站污水横流",
    ),
    "噪声": (
        "夜里施工吵得睡不着", "广场舞音响太吵", "歌厅深夜噪声扰民",
        "空调外机噪声大", "凌晨施工噪声扰民", "装修电钻吵了一天",
    ),
    "交通": (
        "路口红绿灯坏了", "车辆乱停堵住通道", "公交车等了一小时不来",
        "早高峰路口堵车", "占道停车没有人管", "红绿灯时间太短",
    ),
}
NOISE = ("请尽快处理", "已经反映多次", "居民意见很大", "谢谢", "希望早日解决", "")


#: The item of the demo catalogue that each label means.
ITEM_OF = {"供水": "41002", "环卫": "33001", "噪声": "44001", "交通": "47002"}


def reports(seed: int = 0) -> tuple[list[str], list[str]]:
    """Texts and their labels, in an order by `seed`."""
    random = Random(seed)
    made = [(f"{place}{told}，{random.choice(NOISE)}", label) for label, all_ in MATTERS.items() for told in all_
            for place in random.sample(PLACES, 4)]  # fmt: skip
    random.shuffle(made)
    return [text for text, _ in made], [label for _, label in made]
