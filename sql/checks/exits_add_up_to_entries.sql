-- Every visit that was entered has exactly one exit.
select grain, name, entries, advanced, diverted, completed, ended, open
from drop_offs
where entries <> advanced + diverted + completed + ended + open
