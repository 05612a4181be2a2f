-- Nothing is lost: read = landed + duplicate + quarantined + ignored.
select
    file_id,
    record_count,
    landed_count,
    duplicate_count,
    quarantined_count,
    ignored_count
from landed_files
where record_count <> landed_count + duplicate_count + quarantined_count + ignored_count
