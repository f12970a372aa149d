import { expect, it } from 'vitest'
import { lastingEffects } from '../../src/core/lasting-effects.ts'

it.each([
  ["select setval('s', 1), NEXTVAL ('s'), nextval('t')", ['setval', 'nextval']],
  ['do $$ begin perform pg_try_advisory_lock(1); end $$', ['pg_try_advisory_lock']],
  ["copy t from program 'cat x'", ['COPY … PROGRAM']],
  ["copy (select 1) to '/tmp/x'", ['COPY … TO a file']],
  ["select dblink_exec('c', 'delete from t')", ['dblink_exec']],
  ["-- setval('s', 1)\ncreate table t (setval int)", []],
  ['copy t from stdin;\n1\n\\.\n', []],
  ['select pg_advisory_xact_lock(1)', []],
])('of %s it names %j', (sql, expected) => {
  expect(lastingEffects(sql)).toEqual(expected)
})
