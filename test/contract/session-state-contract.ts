import { describe, expect, it } from 'vitest'
import type { Database, Session } from '../../src/ports.ts'
import { openSession, statementError } from '../support/session.ts'

const advisoryLocks = `select count(*)::int as c from pg_catalog.pg_locks
  where locktype = 'advisory' and pid = pg_catalog.pg_backend_pid()`

const own = {
  search_path: 'pg_catalog, pg_temp',
  standard_conforming_strings: 'on',
  default_transaction_isolation: 'read committed',
  default_transaction_read_only: 'off',
  client_encoding: 'UTF8',
  datestyle: 'ISO, MDY',
  bytea_output: 'hex',
  statement_timeout: '0',
  lock_timeout: '5s',
}

const other = {
  search_path: 'nowhere',
  standard_conforming_strings: 'off',
  default_transaction_isolation: 'serializable',
  default_transaction_read_only: 'on',
  client_encoding: 'LATIN1',
  datestyle: 'German',
  bytea_output: 'escape',
  statement_timeout: "'77s'",
  lock_timeout: "'7s'",
}

/** What a session is like at its start and after `resetStatements`. */
export function describeSessionState(adapter: string, database: () => Promise<Database>): void {
  const open = async (): Promise<Session> => openSession(await database())

  describe(`${adapter}: a new session`, () => {
    it('says who and where it is', async () => {
      const { info, send } = await open()
      expect(info.server).toMatch(/^PostgreSQL \d+\.\d+/)
      expect(info.database).not.toBe('')
      expect(info.searchPath).toContain('public')
      const { rows } = await send('select pg_backend_pid()::text as pid, session_user::text as who')
      expect(rows).toEqual([{ pid: String(info.backendPid), who: info.user }])
    })

    it('has settings of its own, and has them again after a reset', async () => {
      const session = await open()
      const settings = async () => {
        const names = Object.keys(own).map((name) => `current_setting('${name}') as "${name}"`)
        return (await session.send(`select ${names.join(', ')}`)).rows[0]
      }
      expect(await settings()).toEqual(own)
      const change = Object.entries(other).map(([name, value]) => `set ${name} = ${value}`)
      await session.send(change.join('; '))
      expect(Object.values((await settings()) ?? {})).not.toContain('5s')
      await session.send(session.resetStatements)
      expect(await settings()).toEqual(own)
    })
  })

  describe(`${adapter}: resetStatements`, () => {
    const leave = `create role sqlmig_contract_role; set role sqlmig_contract_role;
      create temp table leftover (n int); prepare statement_left as select 1; listen channel_left;
      set my.setting = 'left'; set timezone = 'Asia/Tokyo'; select pg_advisory_lock(4711)`

    async function leftovers(session: Session): Promise<unknown> {
      const { rows } = await session.send(`select current_user = session_user as me,
        (select count(*)::int from pg_prepared_statements) as prepared,
        (select count(*)::int from pg_cursors) as cursors,
        (select count(*)::int from pg_listening_channels()) as channels,
        to_regclass('pg_temp.leftover') as temp, current_setting('my.setting', true) as custom`)
      return rows[0]
    }
    const clean = { me: 't', prepared: '0', cursors: '0', channels: '0', temp: null, custom: '' }

    it('takes back role, settings, temp tables, prepared statements, cursors and channels', async () => {
      const session = await open()
      await session.send('begin')
      await session.send(leave)
      await session.send('declare left_open cursor with hold for select 1')
      await session.send(session.resetStatements)
      expect(await leftovers(session)).toEqual(clean)
      await session.send('rollback')
      expect(await leftovers(session)).toEqual(clean)
    })

    it('keeps advisory locks', async () => {
      const session = await open()
      await session.send('select pg_advisory_lock(1); select pg_advisory_lock_shared(2, 3)')
      await session.send(session.resetStatements)
      expect((await session.send(advisoryLocks)).rows).toEqual([{ c: '2' }])
    })

    it('works after a failed transaction was rolled back', async () => {
      const session = await open()
      await session.send('begin; prepare left_over as select 1')
      await statementError(session.send('select 1/0'))
      await session.send('rollback')
      await session.send(session.resetStatements)
      expect((await session.send('select count(*) as c from pg_prepared_statements')).rows).toEqual([
        { c: '0' },
      ])
    })
  })
}
