"""The words of a what-if in Chinese and English."""

from __future__ import annotations

from collections.abc import Mapping

from streams.report.words import Language

#: Kind of a difference -> what it is called.
KINDS: Mapping[Language, Mapping[str, str]] = {
    "zh": {
        "class": "改类", "place": "改判地点", "refusal": "拒收不同", "merged": "并入他案的事件",
        "split": "拆出的事件", "regrouped": "改归他案的报告", "ordered": "派单与否",
        "lead": "换主办单位", "assists": "换协办单位", "due": "改时限", "urgency": "改级别",
    },
    "en": {
        "class": "other item", "place": "placed elsewhere", "refusal": "refused or not", "merged": "incidents merged",
        "split": "incidents split off", "regrouped": "reports in another incident", "ordered": "orders or none",
        "lead": "other lead unit", "assists": "other assisting units", "due": "other due time",
        "urgency": "other urgency",
    },
}  # fmt: skip
LABELS: Mapping[Language, Mapping[str, str]] = {
    "zh": {
        "title": "规则试算", "shadow": "规则旁路试算", "whole": "总体", "what": "项目", "before": "现行",
        "after": "试算", "change": "变化", "reports": "报告", "incidents": "事件", "orders": "工单",
        "differences": "不同之处", "count": "数量", "classes": "改类去向", "leads": "主办单位去向",
        "loads": "各单位工单量", "unit": "单位", "leading": "主办变化",
    },
    "en": {
        "title": "What if", "shadow": "Shadow", "whole": "Overall", "what": "what", "before": "as is",
        "after": "would be", "change": "change", "reports": "reports", "incidents": "incidents", "orders": "orders",
        "differences": "Differences", "count": "count", "classes": "Items that would change",
        "leads": "Lead units that would change", "loads": "Orders per unit", "unit": "unit",
        "leading": "change as lead",
    },
}  # fmt: skip
#: Sentences of the summary.
SAYS: Mapping[Language, Mapping[str, str]] = {
    "zh": {
        "none": "{reports:,} 条报告试算完毕：结果完全相同。",
        "some": "{reports:,} 条报告试算完毕：{class} 条改类；{merged} 起事件并入他案，{split} 起拆出，"
        "另有 {regrouped} 条报告改归他案；{lead} 次派单换主办单位；时限 {sooner} 次提前、{later} 次推后；"
        "工单 {orders:+,} 张。",
        "loads": "变化最大的单位：{units}。",
        "recorded": "现行规则重算与当时记录相符：事项 {items:.1%}，归并 {incidents:.1%}"
        "（其余因规则已改，或记录里没有来源的类别名称和时段之前的事件）。",
    },
    "en": {
        "none": "{reports:,} reports decided both ways: nothing differs.",
        "some": "{reports:,} reports decided both ways: {class} would be of another item; {merged} incidents would "
        "join another one, {split} would be split off, {regrouped} more reports would be in another incident; "
        "{lead} dispatches would go to another lead unit; {sooner} due times would be sooner, {later} later; "
        "{orders:+,} orders.",
        "loads": "Most changed: {units}.",
        "recorded": "Today's rules decide as was recorded on {items:.1%} of the items and {incidents:.1%} of the "
        "incidents (the rest: rules changed since, or what the record lacks: the sources' class names, and incidents "
        "from before).",
    },
}  # fmt: skip
