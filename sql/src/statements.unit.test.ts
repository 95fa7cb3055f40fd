import { expect, test } from '@jest/globals';
import { splitStatements } from './statements.ts';

test('cuts at semicolons that end a statement, and tells the line of each', () => {
  const sql = `-- about; this
create table a (x text default ';');

/* and; that */ create function f() returns int language sql as $$ select 1; $$;
do $body$ begin perform 1; end $body$;
`;
  expect(splitStatements(sql)).toEqual([
    { line: 2, text: `create table a (x text default ';')` },
    { line: 4, text: 'create function f() returns int language sql as $$ select 1; $$' },
    { line: 5, text: 'do $body$ begin perform 1; end $body$' },
  ]);
});

test('a file of comments holds no statement', () => {
  expect(splitStatements('-- nothing\n\n/* here */\n')).toEqual([]);
});
