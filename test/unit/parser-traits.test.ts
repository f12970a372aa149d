import { describe, expect, it } from 'vitest'
import { createSqlParser } from '../../src/adapters/sql-parser.ts'

const parser = createSqlParser()

async function traits(text: string) {
  return (await parser.parse(text))?.map(({ trait }) => trait)
}

async function kinds(text: string) {
  return (await traits(text))?.map(({ kind }) => kind)
}

describe('transaction statements', () => {
  it.each([
    ['BEGIN', 'BEGIN'],
    ['begin work', 'BEGIN'],
    ['BEGIN TRANSACTION ISOLATION LEVEL SERIALIZABLE, READ ONLY, DEFERRABLE', 'BEGIN'],
    ['begin read write', 'BEGIN'],
    ['Start Transaction', 'START TRANSACTION'],
    ['start transaction isolation level repeatable read', 'START TRANSACTION'],
    ['COMMIT', 'COMMIT'],
    ['commit work and chain', 'COMMIT'],
    ['COMMIT AND NO CHAIN', 'COMMIT'],
    ['eNd', 'COMMIT'],
    ['end transaction and chain', 'COMMIT'],
    ['ROLLBACK', 'ROLLBACK'],
    ['rollback and chain', 'ROLLBACK'],
    ['ABORT', 'ROLLBACK'],
    ['abort work', 'ROLLBACK'],
    ['savepoint a', 'SAVEPOINT'],
    ['release a', 'RELEASE SAVEPOINT'],
    ['release savepoint "A"', 'RELEASE SAVEPOINT'],
    ['rollback to a', 'ROLLBACK TO SAVEPOINT'],
    ['ROLLBACK WORK TO SAVEPOINT a', 'ROLLBACK TO SAVEPOINT'],
    ["prepare transaction 'x'", 'PREPARE TRANSACTION'],
    ["commit prepared 'x'", 'COMMIT PREPARED'],
    ["rollback prepared 'x'", 'ROLLBACK PREPARED'],
    ['/* a */ -- b\n\tcommit /* c */ -- d', 'COMMIT'],
    ['COMMIT/**/AND/**/CHAIN', 'COMMIT'],
  ])('%s is one', async (text, what) => {
    expect(await traits(text)).toEqual([{ kind: 'transaction', what }])
  })

  it.each([
    'do $$ begin commit; end $$',
    "do 'begin commit; end'",
    'create function f() returns int begin atomic select 1; end',
    'create procedure p() language plpgsql as $$ begin commit; end $$',
    'select \'commit; rollback\', $$ commit; $$, "commit; " from (select 1 as "commit; ") t',
    '/* commit; */ select 1 -- ; commit',
    "prepare x as insert into t values ('commit')",
    'select 1 as commit, 2 as rollback',
    'create table commit (abort int)',
    'set transaction read only',
    'call p()',
    'explain select 1',
    'create rule r as on insert to t do (delete from u; notify x)',
  ])('%s is none', async (text) => {
    expect(await kinds(text)).toEqual(['plain'])
  })

  it('are found between others', async () => {
    expect(await kinds('create table a ();; commit; select 1; BEGIN ;')).toEqual([
      'plain',
      'transaction',
      'plain',
      'transaction',
    ])
  })
})

describe('statements that run only outside a transaction', () => {
  it.each([
    ...['create index concurrently i on t (a)', 'CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS i ON t (a)'],
    ...['create index concurrently on only t (lower(a)) where a is not null', 'drop index concurrently i'],
    ...[
      'DROP INDEX CONCURRENTLY IF EXISTS a.i',
      'reindex index concurrently i',
      'reindex table concurrently t',
    ],
    ...[
      'reindex (concurrently) table t',
      'REINDEX (VERBOSE, CONCURRENTLY ON) INDEX i',
      'reindex (concurrently true) index i',
    ],
    ...[
      'reindex (concurrently 1) table t',
      'reindex schema concurrently s',
      'reindex (concurrently) database d',
    ],
    ...[
      'alter table t detach partition p concurrently',
      'ALTER TABLE IF EXISTS ONLY a.t DETACH PARTITION a.p CONCURRENTLY',
    ],
  ])('%s, which waits for others', async (text) => {
    expect(await traits(text)).toMatchObject([{ kind: 'outside-only', concurrent: true }])
  })

  it.each([
    ...['vacuum', 'VACUUM (ANALYZE, VERBOSE) t', 'vacuum full t', 'vacuum analyze', 'vacuum (full false)'],
    ...['cluster', 'CLUSTER VERBOSE', 'cluster (verbose)'],
    ...[
      'reindex schema s',
      'reindex database d',
      'REINDEX SYSTEM d',
      'reindex (concurrently false) schema s',
      'reindex database',
    ],
    ...[
      'create database d',
      'create database d template t',
      'drop database d',
      'drop database if exists d with (force)',
    ],
    ...['alter database d set tablespace s', 'alter database d set tablespace "off"'],
    ...["create tablespace s location '/x'", 'drop tablespace s', 'DROP TABLESPACE IF EXISTS s'],
    ...["alter system set work_mem = '1MB'", 'alter system reset all', 'DISCARD ALL'],
    ...[
      "create subscription s connection '' publication p",
      "create subscription s connection '' publication p with (enabled = false)",
    ],
    ...[
      "create subscription s connection '' publication p with (create_slot)",
      "create subscription s connection '' publication p with (create_slot = on, copy_data = false)",
    ],
    ...[
      'alter subscription s refresh publication',
      'alter subscription s refresh publication with (copy_data = false)',
    ],
    ...[
      'alter subscription s set publication p',
      'alter subscription s add publication p with (copy_data = false)',
    ],
    ...[
      'alter subscription s drop publication p with (refresh)',
      'alter subscription s set (failover = false)',
    ],
    ...['alter subscription s set (two_phase = off)'],
  ])('%s', async (text) => {
    expect(await traits(text)).toMatchObject([{ kind: 'outside-only', concurrent: false }])
  })

  it.each([
    ...[
      'create index i on t (a)',
      'create index concurrently_i on t (a)',
      'drop index i',
      'drop index a, b cascade',
    ],
    ...[
      'reindex index i',
      'reindex table t',
      'reindex (concurrently false) table t',
      'reindex (concurrently off) index i',
    ],
    ...[
      'reindex (concurrently 0) table t',
      "REINDEX (CONCURRENTLY 'False') TABLE t",
      'reindex (verbose) table t',
    ],
    ...['analyze', 'analyze verbose t', 'ANALYSE t (a)', 'cluster t using i', 'cluster (verbose) t'],
    ...[
      'alter table t detach partition p',
      'alter table t detach partition p finalize',
      'alter table t attach partition p default',
    ],
    ...[
      'alter database d set work_mem = 1',
      'alter database d connection limit 5',
      'alter database d rename to e',
    ],
    ...[
      'alter database d owner to o',
      'alter database d refresh collation version',
      'alter tablespace s set (seq_page_cost = 1)',
    ],
    ...['discard plans', 'discard temp', 'discard sequences', 'set work_mem = 1', 'reset all'],
    ...[
      "create subscription s connection '' publication p with (create_slot = false)",
      "create subscription s connection '' publication p with (connect = false)",
    ],
    ...[
      "create subscription s connection '' publication p with (slot_name = none, create_slot = 'off', enabled = 0)",
    ],
    ...['alter subscription s disable', 'alter subscription s set (slot_name = none)', 'drop subscription s'],
    ...[
      'alter subscription s set publication p with (refresh = false)',
      'alter subscription s add publication p with (refresh = off)',
    ],
    ...[
      "alter subscription s connection ''",
      'alter subscription s set (two_phase = true)',
      "alter subscription s skip (lsn = '0/1')",
    ],
    ...[
      'refresh materialized view concurrently v',
      "alter type t add value 'x'",
      'checkpoint',
      'listen x',
      'lock table t',
    ],
    ...['create table database (vacuum int)', 'drop table tablespace', 'comment on database d is null'],
  ])('%s is not one', async (text) => {
    expect(await kinds(text)).toEqual(['plain'])
  })
})

describe('COPY', () => {
  it.each([
    ['copy t from stdin', 'copy-from-client'],
    ['COPY t (a) FROM STDIN WITH (FORMAT csv)', 'copy-from-client'],
    ["copy t from '/tmp/x'", 'plain'],
    ["copy t from program 'ls'", 'plain'],
    ['copy t to stdout', 'plain'],
    ["copy (select 1) to '/tmp/x'", 'plain'],
  ])('%s is %s', async (text, kind) => {
    expect(await kinds(text)).toEqual([kind])
  })

  it.each([
    ['copy t from stdin', 'text'],
    ["copy t (csv, \"binary\") from stdin with (delimiter 'b', null 'csv', header)", 'text'],
    ['copy t from stdin (format text)', 'text'],
    ['copy t from stdin (FORMAT CSV, header)', 'csv'],
    ["copy t from stdin with (format 'csv')", 'csv'],
    ['copy t from stdin csv header', 'csv'],
    ['copy binary t from stdin', 'binary'],
    ['copy t from stdin with binary', 'binary'],
    ['copy t from stdin (format binary)', 'binary'],
  ])('%s takes data in format %s', async (text, format) => {
    const [statement] = (await createSqlParser().parse(text)) ?? []
    expect(statement?.trait).toEqual({ kind: 'copy-from-client', format })
  })
})
