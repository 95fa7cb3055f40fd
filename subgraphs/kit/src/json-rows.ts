// The elements of a JSON parameter as rows `it`, for a FROM. Of these the planner expects ten, and of jsonb_to_recordset a hundred, for
// which it would rather read a whole table than its index.

/** Each as jsonb: `jsonb_to_record(it)` behind it makes columns of an object. */
export const eachOf = (parameter: number): string =>
  `unnest(array(select jsonb_array_elements($${String(parameter)}::jsonb))) as it`;

/** Each as text. */
export const eachTextOf = (parameter: number): string =>
  `unnest(array(select jsonb_array_elements_text($${String(parameter)}::jsonb))) as it`;
