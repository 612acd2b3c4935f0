"""What people call the columns of the declared tables, and the words they write behind numbers. Data only.

One column has one list, whatever the table; its declared name and its Chinese meaning count as well. A word that could
mean two things (老年人口 without an age, X坐标, which surveyors use for the north) stands in no list.
"""

from __future__ import annotations

from collections.abc import Mapping

ALIASES: Mapping[str, tuple[str, ...]] = {
    "area_id": ("小区代码", "小区编码", "编号", "编码"),
    "facility_id": ("设施代码", "设施编码", "机构编号", "机构代码", "编号", "编码"),
    "candidate_id": ("备选点代码", "场所编号", "编号", "编码"),
    "street_id": ("道路代码", "道路编码", "编号", "编码"),
    "zone_id": ("行政区划代码", "区划编码", "单元代码", "单元编码", "代码", "编码"),
    "name": (
        "小区名称",
        "小区名",
        "小区",
        "设施名称",
        "机构名称",
        "场所名称",
        "道路名称",
        "路名",
        "单元名称",
        "区划名称",
        "单位名称",
    ),
    "type": ("类型", "类别", "设施类别", "机构类型", "机构类别"),
    "status": ("运营状态", "运营情况", "使用状态", "建设状态"),
    "opened": ("投用日期", "启用时间", "投用时间", "开业日期", "开业时间"),
    "households": ("总户数", "居民户数", "住户数", "实际户数"),
    "planned_dwellings": ("规划套数", "设计户数"),
    "population": ("常住人口数", "常住居民", "居住人口"),
    "pop60": ("60岁以上人口", "60岁以上", "60岁及以上", "60岁以上老年人", "60岁及以上老年人", "60周岁及以上人口"),
    "pop65": ("65岁以上人口", "65岁以上", "65岁及以上", "65岁以上老年人", "65岁及以上老年人", "65周岁及以上人口"),
    "pop80": ("80岁以上人口", "80岁以上", "80岁及以上", "80岁以上老年人", "80岁及以上老年人", "80周岁及以上人口"),
    "pop0_3": ("3岁以下", "0-3岁婴幼儿", "0-3岁人口", "0~3岁婴幼儿", "3岁以下婴幼儿数", "婴幼儿数"),
    "built": ("新建/已建成", "新建或现状"),
    "urban_rural": ("城乡属性", "城乡类型"),
    "urban_rural_code": ("城乡分类",),
    "level": ("层级", "行政级别"),
    "parent_id": ("上级代码", "上级编码"),
    "community_code": ("社区代码", "社区编码", "村(社区)代码", "社区(村)编码"),
    "town_code": ("街道代码", "乡镇代码", "镇街代码", "乡镇(街道)代码", "镇(街道)编码", "街道(镇)代码"),
    "county_code": ("县代码", "区县代码", "县(市、区)编码"),
    "land_area_m2": ("占地面积", "用地面积"),
    "floor_area_m2": ("建筑面积", "总建筑面积"),
    "care_land_m2": ("养老用地", "养老用地面积"),
    "beds": ("床位数", "总床位", "总床位数", "养老床位", "养老床位数"),
    "nursing_beds": ("护理型床位数", "护理床位", "护理床位数"),
    "nursery_places": ("托位数",),
    "beds_task": ("床位任务", "床位任务数", "养老床位任务"),
    "nursery_places_task": ("托位任务",),
    "seats": ("餐位数",),
    "persons_served_day": ("日供餐能力", "供餐能力"),
    "kitchen": ("厨房",),
    "dining_room": ("餐厅",),
    "permit": ("食品经营许可", "食品经营许可证"),
    "rooms": ("功能室",),
    "functions": ("服务功能",),
    "stars": ("星级评定", "等级"),
    "address": ("详细地址", "坐落"),
    "responsible": ("责任部门", "牵头单位"),
    "build_mode": ("建设性质", "建设类型"),
    "constraint_id": ("图斑编号",),
    "effect": ("管控类型", "管控方式"),
    "operation": ("运营模式",),
    "ownership": ("公办民办", "公办/民办"),
    "unified_code": ("信用代码", "社会信用代码"),
    "serves": ("配建对象", "服务小区编号"),
    "host": ("依托场所", "场所类型"),
    "floor": ("楼层",),
    "cost": ("投资额", "总投资"),
    "lon": ("东经", "lng", "long", "longitude", "经度坐标"),
    "lat": ("北纬", "latitude", "纬度坐标"),
    "x": ("easting", "东向坐标"),
    "y": ("northing", "北向坐标"),
    "geometry": ("wkt", "geom", "几何", "图形"),
}

# Words behind a number that change nothing, by column.
_PEOPLE = ("人", "名", "口")
COUNTED: Mapping[str, tuple[str, ...]] = {
    "households": ("户",),
    "planned_dwellings": ("户", "套"),
    **dict.fromkeys(
        (
            "population",
            "pop60",
            "pop65",
            "pop80",
            "pop0_3",
            "needy_disabled",
            "needy_disabled_in_care",
            "needy_willing",
            "needy_willing_in_care",
        ),
        _PEOPLE,
    ),
    **dict.fromkeys(("beds", "nursing_beds", "beds_task"), ("张", "个", "床")),
    **dict.fromkeys(("nursery_places", "nursery_places_task"), ("个", "位")),
    "seats": ("个", "位", "座"),
    "persons_served_day": ("人", "人次"),
    "stars": ("星", "星级", "级"),
    "cost": ("元",),
    "lon": ("°", "度", "°e"),
    "lat": ("°", "度", "°n"),
    "x": ("m", "米"),
    "y": ("m", "米"),
}

# Words behind an area, and how many square metres each stands for.
SQUARE_METRES: Mapping[str, float] = {
    "m2": 1.0,
    "平方米": 1.0,
    "平米": 1.0,
    "平方": 1.0,
    "万平方米": 10_000.0,
    "万m2": 10_000.0,
    "亩": 2000.0 / 3.0,
    "公顷": 10_000.0,
    "ha": 10_000.0,
    "hm2": 10_000.0,
    "平方公里": 1_000_000.0,
    "平方千米": 1_000_000.0,
    "km2": 1_000_000.0,
}

# What multiplies a count, in front of its word or alone.
TENS: Mapping[str, float] = {"万": 10_000.0, "千": 1_000.0, "百": 100.0}

# What stands in a cell that has no value. 无 is missing here: it may mean none, which is a number.
NO_VALUE = frozenset({"-", "--", "—", "——", "/", "\\", "不详", "未知", "待定", "暂无", "待核", "n/a", "na", "null"})

# What stands in the first cells of a row that adds up others, and how a note under a table begins.
TOTALS = frozenset({"合计", "总计", "小计", "共计", "全市合计", "全县合计", "全区合计", "合计数"})
NOTES = ("注:", "注：", "备注", "说明", "填表", "制表", "填报", "数据来源", "审核")

# What may stand in brackets behind a heading besides a unit.
REMARKS = frozenset({"必填", "选填", "可选", "十进制度", "度", "小数度"})
DATUM_REMARKS: Mapping[str, str] = {
    "wgs84": "WGS84",
    "wgs-84": "WGS84",
    "cgcs2000": "CGCS2000",
    "2000": "CGCS2000",
    "gcj02": "GCJ02",
    "gcj-02": "GCJ02",
    "高德": "GCJ02",
    "腾讯": "GCJ02",
    "火星坐标": "GCJ02",
    "bd09": "BD09",
    "bd-09": "BD09",
    "百度": "BD09",
}
