-- Which of these events a group has applied.
select event_id as id from inbox where consumer_group = $1 and event_id = any($2::uuid[]);
