"""The board's words in Chinese and English."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, get_args

Language = Literal["zh", "en"]
LANGUAGES: tuple[Language, ...] = get_args(Language)

_BOTH: Mapping[str, tuple[str, str]] = {
    "title": ("三网 · 一屏统揽", "Sanwang · one screen"), "skip": ("跳到正文", "skip to content"),
    "overview": ("总览", "Overview"), "incidents": ("事件", "Incidents"), "orders": ("工单", "Orders"),
    "reports_in": ("诉求警情", "Reports"), "figures": ("报表", "Figures"), "presence": ("网格在岗", "Presence"),
    "changes": ("动态", "What changed"), "letters": ("死信", "Dead letters"), "audit": ("审计", "Audit"),
    "other_language": ("English", "中文"), "dark": ("大屏深色", "dark wall"), "light": ("桌面浅色", "light desk"),
    "door": ("接口", "API"),
    "sign_in": ("登录", "Sign in"), "sign_out": ("退出", "Sign out"), "name": ("账号", "Account"),
    "password": ("密码", "Password"), "wrong": ("账号或密码不对", "account or password is wrong"),
    "wait": ("错误次数过多，请一分钟后再试", "too many wrong ones: try again in a minute"),
    "unwritten": ("审计暂时无法记录，不能登录", "nothing can be written to the audit now, so nobody is let in"),
    "stale_form": ("页面已过期，请重试", "the page is out of date: try again"),
    "refused": ("无权查看", "Not yours to see"),
    "refused_more": ("您的账号不能查看这一页或这一地区。", "Your account may not open this page or this area."),
    "unmerge": ("撤销合并", "Take off this incident"),
    "unavailable": ("暂时无法显示", "Not to be had now"),
    "unavailable_more": ("数据库没有应答，请稍后再试。", "ClickHouse does not answer: try again in a while."),
    "missing": ("没有找到", "Not found"),
    "missing_more": ("没有这一条，或不在您的辖区。", "There is none, or it is not in your area."),
    "no_answer": ("数据库暂无应答，以下为此前数据", "ClickHouse does not answer; what is shown is older"),
 "as_of": ("截至", "as of"),
    "all": ("全部", "all"), "none": ("暂无", "none"), "total": ("共", "in all"),
    "first_of": ("只列前", "only the first"), "rows": ("条", "rows"), "where": ("所在", "where"),
    "whole_city": ("全市", "whole city"), "per_minute": ("分钟来量", "reports a minute"),
    "last_hour": ("近一小时来量", "in the last hour"), "open_incidents": ("在办事件", "open incidents"),
    "danger": ("涉险", "danger to life"), "open_orders": ("在办工单", "open orders"),
    "due_soon": ("一小时内到期", "due within 1 h"), "overdue": ("已超期", "overdue"),
    "to_order": ("来电到派单", "call to order"), "p50": ("中位", "p50"), "p99": ("p99", "p99"),
    "duplicates": ("重复诉求占比", "duplicate share"), "stuck": ("移送未签收", "stuck hand-overs"),
    "feed_health": ("渠道状况", "Feed health"), "feed": ("渠道", "feed"), "heard": ("最近", "heard"),
    "five_minutes": ("近5分钟", "5 min"), "silent": ("静默", "silent"), "fine": ("正常", "fine"),
    "slow": ("迟缓", "quiet"), "map": ("四色预警图", "Four-colour map"),
 "newest": ("最新事件", "Newest incidents"),
    "hottest": ("热点事件", "Hottest incidents"),
    "units": ("单位排名（超期、在办）", "Units by overdue and open orders"), "unit": ("单位", "unit"),
    "open": ("在办", "open"), "warnings": ("预警", "Warnings"),
    "counted": ("数量", "counted"), "warnings_standing": ("生效预警", "Standing warnings"),
    "colour0": ("无预警", "none"), "colour1": ("蓝", "blue"), "colour2": ("黄", "yellow"), "colour3": ("橙", "orange"),
    "colour4": ("红", "red"), "surge": ("激增", "surge"), "recurrence": ("反复", "recurrence"),
    "absence": ("缺岗", "absence"), "silence": ("静默", "silence"),
 "hotline": ("12345", "12345"),
    "police": ("110", "110"), "grid": ("网格", "grid"), "allclears": ("平安报", "all-clears"),
    "item": ("事项", "item"), "place": ("地点", "place"), "reports": ("诉求数", "reports"),
    "channels": ("渠道", "nets"), "lead": ("主办", "lead"), "due": ("时限", "due"), "opened": ("受理", "opened"),
    "latest": ("最近", "latest"), "state": ("状态", "state"), "urgency": ("级别", "urgency"),
    "closed": ("已办结", "closed"), "in_hand_state": ("在办", "open"), "time": ("时间", "time"),
    "number": ("编号", "number"), "outcome": ("处理", "outcome"), "new": ("新事件", "new"),
    "linked": ("并入", "linked"), "redelivered": ("重复投递", "redelivered"), "ms": ("毫秒", "ms"),
    "text": ("内容", "text"), "address": ("地址", "address"), "stage": ("环节", "stage"), "role": ("主协办", "role"),
    "assist": ("协办", "assist"), "remaining": ("剩余", "left"), "late_by": ("超期", "late by"),
    "issued": ("已派发", "issued"), "accepted": ("已签收", "accepted"), "arrived": ("已到场", "arrived"),
    "in_hand": ("处理中", "in hand"), "handled": ("已办理", "handled"), "verified": ("已核实", "verified"),
    "returned": ("退单", "returned"), "handed_over": ("转办", "handed over"), "merged": ("并单", "merged"),
    "unmerged": ("撤销并单", "unmerged"),
    "extension_asked": ("申请延期", "extension asked"), "extension_granted": ("同意延期", "extension granted"),
    "extension_refused": ("不同意延期", "extension refused"), "suspended": ("挂起", "suspended"),
    "resumed": ("恢复", "resumed"), "reopened": ("重办", "reopened"), "recategorised": ("改类", "recategorised"),
    "caller_reached": ("已回访", "caller reached"), "satisfied": ("满意", "satisfied"),
    "dissatisfied": ("不满意", "dissatisfied"), "solved": ("已解决", "solved"), "unsolved": ("未解决", "unsolved"),
    "merged_reports": ("合并的诉求警情", "Merged reports"), "why_merged": ("为何合并", "why merged"),
    "why_class": ("为何归类", "why this class"), "order_timeline": ("工单与时间线", "Orders and their timeline"),
    "hand_overs": ("移送", "Hand-overs"), "from": ("从", "from"), "to": ("到", "to"), "reason": ("原因", "reason"),
    "pushed": ("推送", "pushed"), "acknowledged": ("签收", "acknowledged"), "not_yet": ("尚未", "not yet"),
    "rule": ("规则", "rule"),
    "explain_missing": ("本机没有城市配置，只能显示当时记录的依据", "no city folder here: see what was written down"),
 "reminder": ("提醒", "reminder"), "urging": ("催办", "urging"),
    "escalation": ("升级", "escalation"), "day": ("日报", "Day"),
    "week": ("周报", "Week"), "month": ("月报", "Month"), "quarter": ("季报", "Quarter"), "date": ("日期", "date"),
    "show": ("查看", "show"), "download": ("下载", "download"), "grids": ("网格数", "grids"),
    "online": ("在线", "online"), "all_clear": ("报平安", "all-clear"), "absent": ("未报", "absent"),
    "share": ("占比", "share"), "absent_grids": ("未报平安的网格", "Grids without an all-clear"),
    "kind": ("类型", "kind"), "detail": ("详情", "detail"), "preview": ("开头（已脱敏）", "beginning, scrubbed"),
    "source": ("来源", "source"), "status": ("状态", "status"), "replayed": ("已重放", "replayed"),
    "dropped": ("已放弃", "dropped"), "replay": ("重放", "send again"), "drop": ("放弃", "drop"),
 "chosen_none": ("没有选中任何一条", "none was chosen"), "choose": ("选择", "choose"),
    "overdue_order": ("工单超期", "order overdue"), "stuck_hand_over": ("移送未签收", "hand-over stuck"),
    "migration": ("数据库升级", "migration"), "configuration": ("城市配置更新", "city configuration"),
    "warning_raised": ("预警发布", "warning raised"), "warning_changed": ("预警调整", "warning changed"),
    "warning_cancelled": ("预警解除", "warning cancelled"),
    "what": ("事由", "what"), "account": ("账号", "account"), "act": ("操作", "act"),
    "allowed": ("是否允许", "allowed"), "yes": ("是", "yes"), "no": ("否", "no"), "opened_act": ("打开", "opened"),
    "downloaded": ("下载", "downloaded"), "signed_in": ("登录", "signed in"), "signed_out": ("退出", "signed out"),
    "level4": ("一般", "ordinary"), "level3": ("较急", "pressing"), "level2": ("紧急", "urgent"),
    "level1": ("特急", "at once"), "repeat": ("同一来电人", "same caller"),
    "filters": ("筛选", "Filters"), "earlier": ("更早", "earlier"), "later": ("更新", "later"),
    "breadcrumb": ("所在地区", "area"), "pages": ("页面", "pages"), "slowest": ("最慢在前", "slowest first"),

    "per_minute_by_feed": ("每分钟来量（近一小时）", "Reports per minute, last hour"),
    "explanation": ("归类与派单的依据", "Why this class and this route"),
    "done": ("已完成", "done"),
}  # fmt: skip

WORDS: Mapping[Language, Mapping[str, str]] = {
    language: {key: both[column] for key, both in _BOTH.items()} for column, language in enumerate(LANGUAGES)
}
#: Why records are pushed across (see streams/core/handover.py), and why dead letters were refused, in Chinese.
REASONS: Mapping[str, str] = {
    "danger": "险情", "violence": "可能激化", "police_matter": "属公安职责", "mediation": "就地调解",
    "not_police": "非警务", "undecodable": "无法解码", "wrong_schema": "格式不符", "unknown_schema": "未知格式",
    "push_refused": "单位拒收", "push_undelivered": "推送未达", "acknowledged_before": "已签收过",
    "after_due": "已过期限", "asked_already": "已申请过", "bad_limit": "时限不对",
    "caller_not_reached": "未回访到", "incomplete": "要素不全", "into_itself": "并入自身",
    "not_allowed": "此步不允许", "not_asked": "未曾申请", "not_suspended": "未曾挂起",
    "not_the_unit": "非承办单位", "out_of_order": "时间颠倒", "own_work": "不能自验", "same_unit": "同一单位",
    "suspended": "已挂起", "unknown_hand_over": "无此移交", "unknown_item": "未知事项",
    "unknown_order": "无此工单", "unknown_unit": "未知单位",
    "missing_field": "缺字段", "bad_value": "值不对", "bad_time": "时间不对", "unknown_area": "未知区划",
    "outside_city": "不在本市", "too_large": "过大", "internal_error": "内部错误",
}  # fmt: skip


def word(language: Language, key: str) -> str:
    """The word for a key; a key that has none stands for itself."""
    return WORDS[language].get(key, key)


def reason(language: Language, key: str) -> str:
    """A reason as people say it."""
    return REASONS.get(key, key) if language == "zh" else key.replace("_", " ")
