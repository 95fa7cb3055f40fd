-- What a choice rested on is written with each order and hardly ever read: kept small at a fraction of the time.
alter table routing.assignments
  alter column chosen set compression lz4,
  alter column candidates set compression lz4;
