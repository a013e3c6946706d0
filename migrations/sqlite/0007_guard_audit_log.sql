-- `insert or replace` takes the row that is in its way without asking the trigger of deletions, unless `recursive_triggers` is on, which each
-- connection decides for itself. So whoever names the number of an entry that is there is refused. Where none is named, as with all of ours,
-- the number is not known yet when a trigger looks at it, and is none that an entry has: those begin with 1.
create trigger audit_log_is_not_overwritten before insert on audit_log
when new.entry_id > 0 and exists (select 1 from audit_log where entry_id = new.entry_id)
begin
    select raise(abort, 'the audit log is append-only');
end;
