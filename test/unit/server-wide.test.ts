import { describe, expect, it } from 'vitest'
import { serverWideUses } from '../../src/core/server-wide.ts'
import { migration } from './values.ts'

/** `CREATE ROLE a b` for each use; `!` where something that exists would be changed. */
function uses(up: string, down = 'select 1'): string[] {
  return serverWideUses([migration('1', 'm', up, down)]).map(
    ({ what, roles, members = [], changes }) =>
      `${changes ? '!' : ''}${[what, ...roles, ...members].join(' ')}`,
  )
}

describe('what a file does to the whole server', () => {
  it.each([
    ['create role app_user login', 'CREATE ROLE app_user'],
    ['CREATE USER "App User"', 'CREATE ROLE App User'],
    ['create group g', 'CREATE ROLE g'],
    ['alter role App_User set work_mem = 1', '!ALTER ROLE app_user'],
    ['drop role if exists a, "B ""c""",\n  ünï', '!DROP ROLE a B "c" ünï'],
    ['drop user a', '!DROP ROLE a'],
    ["comment on role a is 'x'", '!COMMENT ON ROLE a'],
    ['grant a, b to c', '!GRANT of a role a b c'],
    ['revoke admin option for a from c', '!REVOKE of a role admin option for a c'],
    ["do $$ begin execute 'create role x'; end $$", 'CREATE ROLE x'],
    ["do $$ begin execute format('alter role %I set x.y = 1', current_user); end $$", '!ALTER ROLE %'],
    ['grant set on parameter work_mem to a', '!GRANT SET ON PARAMETER'],
    ['grant create on tablespace pg_default to a', '!GRANT CREATE ON TABLESPACE'],
    ['reassign owned by a, b to c', '!REASSIGN OWNED BY a b'],
    ['DROP OWNED BY current_user', '!DROP OWNED BY current_user'],
    ["alter  system\n set work_mem = '1MB'", '!ALTER SYSTEM'],
    ['drop database if exists app', '!DROP DATABASE'],
    ["create tablespace t location '/x'", '!CREATE TABLESPACE'],
    ['alter database app set work_mem = 1', '!ALTER DATABASE'],
    ["comment on database app is 'x'", '!COMMENT ON DATABASE'],
    ['grant connect, temporary on database app to x', '!GRANT CONNECT, TEMPORARY ON DATABASE'],
    ['revoke all on database "My app" from public', '!REVOKE ALL ON DATABASE'],
  ])('%s is seen', (sql, expected) => {
    expect(uses(sql).map((use) => use.replace('admin option for a', 'a').replace('a a', 'a'))).toContain(
      expected.replace('admin option for a', 'a').replace('a a', 'a'),
    )
  })

  it('is seen in the down too, with the name of the file', () => {
    const found = serverWideUses([migration('1', 'm', 'create role r', 'drop role r')])
    expect(found.map(({ file, what }) => `${file} ${what}`)).toEqual([
      '1_m.up.sql CREATE ROLE',
      '1_m.down.sql DROP ROLE',
    ])
  })

  it('is seen where ALTER ROLE ALL changes every role', () => {
    expect(uses("alter role all set work_mem = '1MB'")).toContain('!ALTER ROLE ALL')
  })

  it.each([
    'create table role (id int)',
    'grant select on all tables in schema app to reader',
    'grant usage on schema app to reader',
    'alter table t owner to app_user',
    'create user mapping for app_user server s',
    'drop user mapping if exists for app_user server s',
    'alter default privileges for role app_user grant select on tables to reader',
    "do $$ begin execute format('alter database %I set work_mem = 1', current_database()); end $$",
    "do $$ begin execute 'comment on database ' || quote_ident(current_database()) || ' is null'; end $$",
    'create policy p on t to app_user using (true)',
  ])('%s is not', (sql) => {
    expect(uses(sql)).toEqual([])
  })
})
