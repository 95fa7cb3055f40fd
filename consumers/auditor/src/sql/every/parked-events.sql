-- Which of these events wait in the group's own tables for another try or for an operator, or were given up by one.
select event_id as id from parked where consumer_group = $1 and event_id = any($2::uuid[])
union
select event_id from dead_letters where consumer_group = $1 and event_id = any($2::uuid[])
union
select event_id from dead_letter_actions where consumer_group = $1 and event_id = any($2::uuid[]) and action = 'DISCARD';
