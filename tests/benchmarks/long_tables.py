"""Tables as long as a benchmark wants them, each one file: exports of calls, trackers and CRMs."""

import zipfile
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from string import ascii_uppercase
from xml.sax.saxutils import escape

import duckdb

from pipeline.landing.web.snowplow_columns import COLUMNS

# A row group as most programs write it, and one of all rows.
USUAL_GROUP, ONE_GROUP = 122_880, 2**31
# A sheet of .xlsx has no more rows, the header among them.
SHEET_ROWS = 2**20
# A CRM's tables are wide: columns of the company's own making, read by nobody.
OTHERS = ", ".join(f"'value ' || (hash(i, {n}) % 1000) as \"Custom {n}\"" for n in range(30))

CALLS = """
    select
        md5('call ' || i) as call_id,
        timestamp '2024-01-01' + to_seconds(i * 5) as started,
        '+4479' || (10000000 + hash(i) % 900000) as caller,
        'U' || (10000000 + hash(i) % 900000) as customer,
        'person.' || (hash(i) % 900000) || '@mail.example' as email,
        'queue ' || (i % 7) as queue,
        cast(hash(i, 1) % 100000 as double) / 100 as amount,
        ['desktop', 'mobile', 'tablet'][1 + i % 3] as device,
        '/help/topic/' || (hash(i, 2) % 5000) as page,
        'town ' || (hash(i, 3) % 400) as town,
        cast(hash(i, 4) % 900 as integer) as waited_seconds,
        'Asked about order ' || (hash(i, 5) % 1000000000) || ' of last week, paid at '
            || 'https://larkspur.example/pay/' || i || ', and was told to look at page '
            || (hash(i, 6) % 100) || ' of the contract again' as note
    from range({count}) as numbers(i)
"""
# Whole numbers are of the type {whole}: in Parquet numbers, in JSON texts.
GA4 = """
    select
        strftime(to_timestamp(1704067200 + i), '%Y%m%d') as event_date,
        (1704067200000000 + i * 1000000)::{whole} as event_timestamp,
        ['page_view', 'scroll', 'click', 'view_item'][1 + i % 4] as event_name,
        [
            {{'key': 'page_location', 'value': {{'string_value':
                'https://larkspur.example/shop/item/' || (hash(i) % 90000) || '?ref=' || i,
                'int_value': null::{whole}, 'double_value': null::double}}}},
            {{'key': 'page_title', 'value': {{'string_value':
                'Item ' || (hash(i) % 90000) || ' and what goes with it',
                'int_value': null, 'double_value': null}}}},
            {{'key': 'ga_session_id', 'value': {{'string_value': null,
                'int_value': (1704067200 + i // 9 * 9)::{whole}, 'double_value': null}}}},
            {{'key': 'engagement_time_msec', 'value': {{'string_value': null,
                'int_value': (hash(i, 1) % 90000)::{whole}, 'double_value': null}}}},
            {{'key': 'percent_scrolled', 'value': {{'string_value': null,
                'int_value': null, 'double_value': (i % 100)::double}}}},
            {{'key': 'link_text', 'value': {{'string_value': 'Look at ' || (hash(i, 2) % 500),
                'int_value': null, 'double_value': null}}}}
        ] as event_params,
        (i // 5)::{whole} as event_bundle_sequence_id,
        (i % 5)::{whole} as batch_event_index,
        (1)::{whole} as batch_ordering_id,
        (1)::{whole} as batch_page_id,
        (hash(i // 9) % 100000000) || '.' || (1704067200 + i // 9 * 9) as user_pseudo_id,
        case when i % 3 = 0 then 'U' || (hash(i // 9) % 900000) end as user_id,
        'WEB' as platform,
        '99' as stream_id,
        {{'category': ['desktop', 'mobile'][1 + i % 2], 'language': 'en-ie',
            'web_info': {{'browser': 'Chrome', 'browser_version': '139.0'}}}} as device,
        {{'country': 'Ireland', 'city': 'Cork'}} as geo,
        {{'manual_source': 'newsletter', 'manual_medium': 'email'}} as collected_traffic_source,
        [
            {{'item_id': 'SKU' || (hash(i) % 90000), 'item_name': 'Item ' || (hash(i) % 90000),
                'item_category': 'modems', 'quantity': (1)::{whole}, 'price': 49.5}}
        ] as items
    from range({count}) as numbers(i)
"""
POSTHOG = """
    select
        cast(md5('event ' || i) as uuid)::varchar as uuid,
        ['$pageview', '$autocapture', 'plan chosen'][1 + i % 3] as event,
        cast(md5('person ' || (hash(i // 9) % 900000)) as uuid)::varchar as distinct_id,
        '{{"email": "person@mail.example"}}' as person_properties,
        json_object(
            '$current_url', 'https://larkspur.example/shop/item/' || (hash(i) % 90000),
            '$pathname', '/shop/item/' || (hash(i) % 90000),
            '$session_id', md5('session ' || (i // 9)),
            '$device_type', 'Mobile', '$browser', 'Chrome', '$os', 'Android', '$lib', 'web',
            '$screen_height', 800, '$screen_width', 360, '$ip', '192.0.2.7',
            '$raw_user_agent', 'Mozilla/5.0 (Linux; Android 15) Chrome/139.0 Mobile Safari',
            'plan', 'fibre', 'place', 'https://larkspur.example/at ' || i
        )::varchar as properties,
        timestamp '2024-01-01' + to_seconds(i) as timestamp,
        timestamptz '2024-01-01 00:00:01+00' + to_seconds(i) as created_at
    from range({count}) as numbers(i)
"""
SNOWPLOW_FILLED = {
    "app_id": "'shop'",
    "platform": "'web'",
    "collector_tstamp": "timestamptz '2024-01-01 00:00:01+00' + to_seconds(i)",
    "derived_tstamp": "timestamptz '2024-01-01 00:00:00+00' + to_seconds(i)",
    "event": "'page_view'",
    "event_name": "'page_view'",
    "event_id": "cast(md5('event ' || i) as uuid)::varchar",
    "user_id": "case when i % 3 = 0 then 'U' || (hash(i // 9) % 900000) end",
    "domain_userid": "md5('person ' || (hash(i // 9) % 900000))",
    "domain_sessionid": "md5('session ' || (i // 9))",
    "page_url": "'https://larkspur.example/shop/item/' || (hash(i) % 90000)",
    "page_urlhost": "'larkspur.example'",
    "page_urlpath": "'/shop/item/' || (hash(i) % 90000)",
    "page_title": "'Item ' || (hash(i) % 90000) || ' seen as number 10' || (10000 + i)",
    "useragent": "'Mozilla/5.0 (Linux; Android 15) Chrome/139.0 Mobile Safari'",
    "doc_height": "cast(hash(i, 1) % 9000 as integer)",
}
CONTACTS = f"""
    select
        '003Qx0' || lpad(i::varchar, 9, '0') as "Id",
        'false' as "IsDeleted",
        '001Qx0' || lpad((i // 3)::varchar, 9, '0') as "AccountId",
        'Roy' || (hash(i) % 90000) as "LastName",
        'Ada' as "FirstName",
        'Ada Roy' || (hash(i) % 90000) as "Name",
        '+3538' || (10000000 + i) as "Phone",
        'person.' || i || '@mail.example' as "Email",
        'Buyer' as "Title",
        (hash(i, 1) % 900) || ' Long Street' as "MailingStreet",
        'Cork' as "MailingCity",
        'Ireland' as "MailingCountry",
        strftime(timestamp '2024-01-01' + to_seconds(i * 5), '%Y-%m-%dT%H:%M:%S.000+0000')
            as "CreatedDate",
        strftime(timestamp '2025-01-01' + to_seconds(i * 5), '%Y-%m-%dT%H:%M:%S.000+0000')
            as "LastModifiedDate",
        '005Qx0' || lpad((i % 50)::varchar, 9, '0') as "OwnerId",
        'false' as "HasOptedOutOfEmail",
        'Web' as "LeadSource",
        {OTHERS}
    from range({{count}}) as numbers(i)
"""
HUBSPOT_CONTACTS = f"""
    select
        1000000 + i as "Record ID",
        'Ada' as "First Name",
        'Roy' || (hash(i) % 90000) as "Last Name",
        'person.' || i || '@mail.example' as "Email",
        '+3538' || (10000000 + i) as "Phone Number",
        'lead' as "Lifecycle Stage",
        strftime(timestamp '2024-01-01' + to_seconds(i * 5), '%Y-%m-%d %H:%M') as "Create Date",
        strftime(timestamp '2025-01-01' + to_seconds(i * 5), '%Y-%m-%d %H:%M')
            as "Last Modified Date",
        {OTHERS}
    from range({{count}}) as numbers(i)
"""

# Styles of cells: as they are, and moments.
PARTS = {
    "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/'
    'content-types"><Default Extension="xml" ContentType="application/xml"/></Types>',
    "_rels/.rels": '<Relationships xmlns="{packages}"><Relationship Id="r1" '
    'Type="{office}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
    "xl/workbook.xml": '<workbook xmlns="{main}" xmlns:r="{office}"><sheets>'
    '<sheet name="Calls" sheetId="1" r:id="r1"/></sheets></workbook>',
    "xl/_rels/workbook.xml.rels": '<Relationships xmlns="{packages}">'
    '<Relationship Id="r1" Type="{office}/worksheet" Target="worksheets/sheet1.xml"/>'
    '<Relationship Id="r2" Type="{office}/styles" Target="styles.xml"/>'
    '<Relationship Id="r3" Type="{office}/sharedStrings" Target="sharedStrings.xml"/>'
    "</Relationships>",
    "xl/styles.xml": '<styleSheet xmlns="{main}"><cellXfs><xf numFmtId="0"/>'
    '<xf numFmtId="22"/></cellXfs></styleSheet>',
}
SPACES = {
    "packages": "http://schemas.openxmlformats.org/package/2006/relationships",
    "office": "http://schemas.openxmlformats.org/officeDocument/2006/relationships",
    "main": "http://schemas.openxmlformats.org/spreadsheetml/2006/main",
}


def _copied(sql: str, form: str) -> Callable[[Path, int], None]:
    """What writes the rows of a query to a file of this form."""

    def write(target: Path, count: int) -> None:
        # One thread: all rows of one group in one group.
        with duckdb.connect(config={"threads": 1, "memory_limit": "8GiB"}) as con:
            con.execute("set enable_progress_bar = false")
            con.execute(f"copy ({sql.format(count=count)}) to '{target.as_posix()}' ({form})")

    return write


def _parquet(sql: str, group_rows: int) -> Callable[[Path, int], None]:
    """What writes the rows of a query to a Parquet file with so many in a group."""
    return _copied(sql, f"format parquet, compression zstd, row_group_size {group_rows}")


def _snowplow() -> str:
    """The query for a warehouse's table of enriched events, which has all columns."""
    columns = (f"{SNOWPLOW_FILLED.get(name, 'null::varchar')} as {name}" for name in COLUMNS)
    return f"select {', '.join(columns)} from range({{count}}) as numbers(i)"


def sheet(target: Path, count: int) -> None:
    """Write a spreadsheet of calls, as many as a sheet takes at most, as Excel writes it.

    Texts stand once each in a table of their own.
    """
    names: dict[str, int] = {}

    def cell(place: str, value: object) -> str:
        if isinstance(value, str):
            return f'<c r="{place}" t="s"><v>{names.setdefault(value, len(names))}</v></c>'
        if isinstance(value, datetime):
            days = (value - datetime(1899, 12, 30)) / timedelta(days=1)  # noqa: DTZ001
            return f'<c r="{place}" s="1"><v>{days!r}</v></c>'
        return f'<c r="{place}"><v>{value!r}</v></c>'

    with (
        duckdb.connect() as con,
        zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as packed,
    ):
        for name, text in PARTS.items():
            packed.writestr(name, text.format(**SPACES))
        row_count = min(count, SHEET_ROWS - 1)
        con.execute(CALLS.format(count=row_count))
        last = f"{ascii_uppercase[len(con.description) - 1]}{row_count + 1}"
        start = f'<worksheet xmlns="{SPACES["main"]}"><dimension ref="A1:{last}"/><sheetData>'
        with packed.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as xml:
            xml.write(start.encode())
            rows: list[tuple[object, ...]] = [tuple(column[0] for column in con.description)]
            number = 0
            while rows:
                lines = []
                for row in rows:
                    number += 1
                    cells = (
                        cell(f"{letter}{number}", value)
                        for letter, value in zip(ascii_uppercase, row, strict=False)
                    )
                    lines.append(f'<row r="{number}">{"".join(cells)}</row>')
                xml.write("".join(lines).encode())
                rows = con.fetchmany(10_000)
            xml.write(b"</sheetData></worksheet>")
        texts = "".join(f"<si><t>{escape(name)}</t></si>" for name in names)
        packed.writestr("xl/sharedStrings.xml", f'<sst xmlns="{SPACES["main"]}">{texts}</sst>')


# Kind -> the ending of its file and what writes so many records.
TABLES: dict[str, tuple[str, Callable[[Path, int], None]]] = {
    "calls_csv": ("csv", _copied(CALLS, "format csv, header")),
    "calls_parquet": ("parquet", _parquet(CALLS, USUAL_GROUP)),
    "calls_one_group": ("parquet", _parquet(CALLS, ONE_GROUP)),
    "calls_sheet": ("xlsx", sheet),
    "ga4_json": ("jsonl", _copied(GA4.replace("{whole}", "varchar"), "format json")),
    "ga4_parquet": ("parquet", _parquet(GA4.replace("{whole}", "bigint"), ONE_GROUP)),
    "posthog_parquet": ("parquet", _parquet(POSTHOG, ONE_GROUP)),
    "snowplow_parquet": ("parquet", _parquet(_snowplow(), ONE_GROUP)),
    "salesforce_csv": ("csv", _copied(CONTACTS, "format csv, header")),
    "hubspot_csv": ("csv", _copied(HUBSPOT_CONTACTS, "format csv, header")),
}
