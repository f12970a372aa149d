import { describe, expect, it } from 'vitest'
import type { CatalogObject, Facts, ObjectKey, ObjectKind } from '../../src/core/catalog.ts'
import { alterSettings } from '../../src/core/ddl/alter-settings.ts'
import { commonAlter, commonCreate, dollarTag, privilegesAlter } from '../../src/core/ddl/common.ts'
import { databaseDdl } from '../../src/core/ddl/database.ts'
import { defaultPrivilegesDdl } from '../../src/core/ddl/default-privileges.ts'
import { afterOwnerChange } from '../../src/core/ddl/grants.ts'
import { systemObjectDdl } from '../../src/core/ddl/system-object.ts'
import type { DdlWriter } from '../../src/core/ddl/writer.ts'

const VIEW: DdlWriter = {
  target: ({ name }) => `VIEW ${name}`,
  grantTarget: ({ name }) => `TABLE ${name}`,
  create: () => [],
  drop: () => [],
  alter: () => [],
}

function object(kind: ObjectKind, name: string, facts: Facts = {}, parent?: ObjectKey): CatalogObject {
  return { kind, name, facts, parent, order: 1 }
}

const view = (facts: Facts = {}) => object('view', 'app.v', facts)

describe('what every object can have', () => {
  it('comes after an object is made: owner first, since privileges are relative to it', () => {
    const made = view({
      owner: 'boss',
      comment: "it's",
      privileges: ['+PUBLIC=SELECT', '+r=INSERT', '+r=SELECT', '-boss=DELETE'],
      labels: ['dummy=a=b'],
    })
    expect(commonCreate(VIEW, made)).toEqual([
      'ALTER VIEW app.v OWNER TO boss',
      "COMMENT ON VIEW app.v IS 'it''s'",
      'REVOKE DELETE ON TABLE app.v FROM boss',
      'GRANT SELECT ON TABLE app.v TO PUBLIC',
      'GRANT INSERT, SELECT ON TABLE app.v TO r',
      "SECURITY LABEL FOR 'dummy' ON VIEW app.v IS 'a=b'",
    ])
  })

  it.each<[string, Facts, Facts, string[]]>([
    ['nothing', { owner: 'a', comment: 'c' }, { owner: 'a', comment: 'c' }, []],
    ['a comment that goes', { comment: 'c' }, {}, ['COMMENT ON VIEW app.v IS NULL']],
    ['a comment with a backslash', {}, { comment: '\\' }, ["COMMENT ON VIEW app.v IS E'\\\\'"]],
    [
      'labels',
      { labels: ['a=1', 'b=2'] },
      { labels: ['b=3'] },
      ["SECURITY LABEL FOR 'a' ON VIEW app.v IS NULL", "SECURITY LABEL FOR 'b' ON VIEW app.v IS '3'"],
    ],
    ['a grant that goes', { privileges: ['+r=SELECT'] }, {}, ['REVOKE SELECT ON TABLE app.v FROM r']],
    [
      'a default that comes back',
      { privileges: ['-PUBLIC=USAGE'] },
      {},
      ['GRANT USAGE ON TABLE app.v TO PUBLIC'],
    ],
    [
      'a grant option that comes',
      { privileges: ['+r=SELECT'] },
      { privileges: ['+r=SELECT*'] },
      ['GRANT SELECT ON TABLE app.v TO r WITH GRANT OPTION'],
    ],
    [
      'a grant option that goes',
      { privileges: ['+r=SELECT*'] },
      { privileges: ['+r=SELECT'] },
      ['REVOKE GRANT OPTION FOR SELECT ON TABLE app.v FROM r'],
    ],
    [
      'odd names',
      {},
      { privileges: ['+"PUBLIC"=SELECT', '+"a=b/c"=SELECT/"x/y"'] },
      [
        'GRANT SELECT ON TABLE app.v TO "PUBLIC"',
        'SET ROLE "x/y"',
        'GRANT SELECT ON TABLE app.v TO "a=b/c"',
        'RESET ROLE',
      ],
    ],
    [
      'an owner who had privileges',
      { owner: 'a', privileges: ['+b=SELECT', '+c=SELECT/b'] },
      { owner: 'b', privileges: ['+c=SELECT'] },
      ['ALTER VIEW app.v OWNER TO b'],
    ],
  ])('changes: %s', (_, from, to, expected) => {
    expect(commonAlter(VIEW, view(from), view(to))).toEqual(expected)
  })

  it('is granted from the owner outwards and revoked the other way round', () => {
    const chain = view({ privileges: ['+a=SELECT*', '+b=SELECT*/a', '+c=SELECT/b'] })
    const roles = (statements: readonly string[]) => statements.map((text) => text.slice(-1)).join('')
    const granted = commonCreate(VIEW, chain).filter((text) => text.startsWith('GRANT'))
    expect(granted.map((text) => / TO (\w)/.exec(text)?.[1])).toEqual(['a', 'b', 'c'])
    const revoked = privilegesAlter(VIEW, chain, undefined).filter((text) => text.startsWith('REVOKE'))
    expect(roles(revoked)).toBe('cba')
  })

  it('leaves the sequence of a column to its table', () => {
    const sequence = object('sequence', 'app.s', { owner: 'a' }, 'column app.t.id')
    expect(commonCreate(VIEW, sequence)).toEqual([])
    expect(commonCreate(VIEW, { ...sequence, parent: undefined })).toHaveLength(1)
  })
})

describe('GRANT on', () => {
  it('a column names it after the privilege', () => {
    const column = object(
      'column',
      'app."T.t"."c d"',
      { privileges: ['+r=SELECT', '+r=UPDATE'] },
      'table app."T.t"',
    )
    expect(commonCreate(VIEW, column)).toEqual(['GRANT SELECT ("c d"), UPDATE ("c d") ON app."T.t" TO r'])
  })

  it('a column of the system', () => {
    const facts = { privileges: ['+r=SELECT'], relation: 'pg_catalog.pg_authid', column: 'rolname' }
    const column = object('system-object', 'column pg_catalog.pg_authid.rolname', facts)
    expect(systemObjectDdl.drop(column)).toEqual(['REVOKE SELECT (rolname) ON pg_catalog.pg_authid FROM r'])
  })

  it('future objects is ALTER DEFAULT PRIVILEGES', () => {
    const facts = { privileges: ['-PUBLIC=EXECUTE'] }
    const standard = object('default-privileges', 'FOR ROLE " ON x" IN SCHEMA app ON FUNCTIONS', facts)
    const head = 'ALTER DEFAULT PRIVILEGES FOR ROLE " ON x" IN SCHEMA app'
    expect(commonCreate(defaultPrivilegesDdl, standard)).toEqual([
      `${head} REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC`,
    ])
    expect(defaultPrivilegesDdl.drop(standard)).toEqual([`${head} GRANT EXECUTE ON FUNCTIONS TO PUBLIC`])
  })

  it('the current database asks the server for its name', () => {
    const database = object('database', 'current database', { comment: "it's $$" })
    expect(commonCreate(databaseDdl, database)).toEqual([
      "DO $body$ BEGIN EXECUTE 'COMMENT ON DATABASE ' || quote_ident(current_database()) || ' IS ''it''''s $$'''; END $body$",
    ])
  })
})

describe('privileges after ALTER … OWNER TO', () => {
  it.each<[readonly string[], readonly string[]]>([
    [[], []],
    [['+c=SELECT'], ['+c=SELECT']],
    [['+new=SELECT', '+new=SELECT/c'], ['+new=SELECT/c']],
    [['-old=SELECT'], ['-new=SELECT']],
    [['-old=SELECT', '+new=SELECT'], []],
    [
      ['-old=SELECT', '+old=SELECT*'],
      ['+new=SELECT*', '-new=SELECT'],
    ],
    [
      ['+new=SELECT*', '+c=SELECT/new'],
      ['+c=SELECT', '+new=SELECT*', '-new=SELECT'],
    ],
  ])('%j → %j', (entries, expected) => {
    expect([...afterOwnerChange(entries, 'old', 'new')].sort()).toEqual([...expected].sort())
  })
})

it.each<[string, readonly string[], readonly string[], readonly string[]]>([
  [
    'lists of names',
    [],
    ['search_path="$user", app, "A, ""b"'],
    [`ALTER ROLE r SET search_path TO '$user', 'app', 'A, "b'`],
  ],
  ['an empty list', [], ['search_path=""'], ["ALTER ROLE r SET search_path TO ''"]],
  ['other texts', ['a.b=1'], ['a.b=x, "y" \\'], [`ALTER ROLE r SET a.b TO E'x, "y" \\\\'`]],
  ['what goes', ['work_mem=1MB', 'a.b=1'], ['a.b=1'], ['ALTER ROLE r RESET work_mem']],
  ['a secret that changed', ['a.secret=(masked 0a1b2c3d)'], ['a.secret=(masked 1a1b2c3d)'], []],
  ['a secret that goes', ['a.secret=(masked 0a1b2c3d)'], [], ['ALTER ROLE r RESET a.secret']],
])('settings: %s', (_, from, to, expected) => {
  expect(alterSettings('ALTER ROLE r', from, to)).toEqual(expected)
})

it.each([
  ['', '$$'],
  ['a $$ b', '$body$'],
  ['$1 costs $', '$body$'],
  ['$$ $body$', '$body2$'],
])('%s is quoted with %s', (text, tag) => {
  expect(dollarTag(text)).toBe(tag)
})
