-- Which of these events wait in the group's own tables for another try or for an operator, and which one has given up for good.
with found as (
  select event_id as id, true as waits from parked where consumer_group = $1 and event_id = any($2::uuid[])
  union all
  select event_id, true from dead_letters where consumer_group = $1 and event_id = any($2::uuid[])
  union all
  select event_id, false from dead_letter_actions where consumer_group = $1 and event_id = any($2::uuid[]) and action = 'DISCARD'
)
select id, bool_or(waits) as waits from found group by id;
