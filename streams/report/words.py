"""The words of a report in Chinese and English."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

Language = Literal["zh", "en"]
Format = Literal["table", "md", "csv", "xlsx"]

FIGURES: Mapping[Language, Mapping[str, str]] = {
    "zh": {
        "reports": "受理量", "repeated": "重复诉求率", "self_handled": "自处置率", "orders": "工单量",
        "responded": "签收率", "on_time": "按时办结率", "callers_reached": "响应率", "solved": "解决率",
        "satisfied": "满意率", "returned": "退单率", "reworked": "重办率", "to_order_p50": "派单用时中位(分)",
        "to_order_p90": "派单用时九成(分)", "to_arrival_p50": "到场用时中位(分)", "to_arrival_p90": "到场用时九成(分)",
        "to_result_p50": "办结用时中位(分)", "to_result_p90": "办结用时九成(分)",
    },
    "en": {
        "reports": "reports", "repeated": "repeat appeals", "self_handled": "handled on the spot", "orders": "orders",
        "responded": "accepted", "on_time": "on time", "callers_reached": "callers reached", "solved": "solved",
        "satisfied": "satisfied", "returned": "returned", "reworked": "reworked", "to_order_p50": "to order p50 min",
        "to_order_p90": "to order p90 min", "to_arrival_p50": "to arrival p50 min",
        "to_arrival_p90": "to arrival p90 min", "to_result_p50": "to result p50 min",
        "to_result_p90": "to result p90 min",
    },
}  # fmt: skip
LABELS: Mapping[Language, Mapping[str, str]] = {
    "zh": {
        "day": "日报", "week": "周报", "month": "月报", "quarter": "季报", "whole": "总体情况", "figure": "指标",
        "now": "本期", "before": "上期", "change": "变化", "unit": "单位", "county": "区县", "class": "类别",
        "feed": "渠道", "recurring": "三次以上反复", "place": "地点", "item": "事项", "incidents": "事件数",
        "rank": "名次", "city": "全市", "hotline": "12345", "police": "110", "grid": "网格",
    },
    "en": {
        "day": "Day report", "week": "Week report", "month": "Month report", "quarter": "Quarter report",
        "whole": "Overall", "figure": "figure", "now": "this period", "before": "period before", "change": "change",
        "unit": "unit", "county": "county", "class": "class", "feed": "feed",
        "recurring": "Came up three times or more", "place": "place", "item": "item", "incidents": "incidents",
        "rank": "rank", "city": "whole city", "hotline": "12345", "police": "110", "grid": "grid",
    },
}  # fmt: skip
#: Lists of suggestions: the title of each, then its columns.
SUGGESTED: Mapping[Language, Mapping[str, tuple[str, ...]]] = {
    "zh": {
        "title": ("改进建议",),
        "rules": ("工单常被退、转、改类的规则", "事项", "名称", "单位", "规则", "工单量", "退单", "转办", "改类",
                  "占比", "全市占比", "多转往", "多改为"),
        "words": ("事项清单中没有的新词", "词", "近七日事件数", "平常一周"),
        "classes": ("比以往增多的类别", "日期", "类别", "事件数", "平常", "偏离"),
        "drift": ("分类情况", "日期", "渠道", "受理量", "按编码", "按词语", "按模型", "其他", "其他占比", "得分偏移"),
    },
    "en": {
        "title": ("What to look at",),
        "rules": ("Rules whose orders keep moving away", "item", "name", "unit", "rule", "orders", "returned",
                  "handed over", "recategorised", "share", "city's share", "mostly to", "mostly as"),
        "words": ("New words that the catalogue does not have", "word", "incidents in 7 days", "usual week"),
        "classes": ("Classes that swell", "day", "class", "incidents", "usual", "odd"),
        "drift": ("How reports were classified", "day", "feed", "reports", "by code", "by words", "by model", "other",
                  "other share", "shift"),
    },
}  # fmt: skip
