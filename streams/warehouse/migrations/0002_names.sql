-- The names behind the codes, loaded from the city. Codes that a newer city no longer has stay: older rows bear them.

CREATE TABLE IF NOT EXISTS sanwang.items
(
    code        String,
    name        String,
    class_code  String,
    class_name  String,
    domain      String,
    level       UInt8,
    life_safety Bool
)
ENGINE = ReplacingMergeTree
ORDER BY code;

CREATE TABLE IF NOT EXISTS sanwang.areas
(
    code       String,
    name       String,
    level      LowCardinality(String),
    parent     String,
    lon        Nullable(Float64),
    lat        Nullable(Float64),
    population UInt32
)
ENGINE = ReplacingMergeTree
ORDER BY code;

CREATE TABLE IF NOT EXISTS sanwang.units
(
    code      String,
    name      String,
    kind      LowCardinality(String),
    sector    String,
    territory String,
    parent    String,
    lon       Nullable(Float64),
    lat       Nullable(Float64)
)
ENGINE = ReplacingMergeTree
ORDER BY code;
