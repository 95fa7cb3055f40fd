-- By topic and partition the last record that was read: when another one or none is in its place, the log was cut or made anew.
alter table cdc.outbox_position add column last_read jsonb not null default '{}';
