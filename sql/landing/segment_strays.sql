-- segment_strays: calls with white space or seldom keys, all of whose keys are known.
-- Grain: one row per such line.
-- Reads: segment_stray_lines.
with
    plain as (
        select number, if(json_valid(line), json_keys(line), null) as keys
        from segment_stray_lines
        where
            -- JSON to the reader too: no NaN, no number beyond a double, no comma that
            -- nothing follows, no depth beyond 1024.
            strlen(line) < 2048
            and not regexp_matches(
                line, '(?i)[:[,]\s*(-?(nan|inf|[0-9.]*e[+-]?[0-9]{3}|[0-9.]{300})|[]}])'
            )
    )

select number
from plain
where
    list_has_all(getvariable('segment_fields'), keys)
    and len(list_distinct(keys)) = len(keys)
