-- A session that plays back what another server did (`session_replication_role = replica`) passes triggers by, unless they say that they
-- always count.
alter table audit_log enable always trigger audit_log_is_append_only;
alter table audit_log enable always trigger audit_log_is_not_emptied;
