import { describe, expect, it } from 'vitest'
import { createSnapshotReader } from '../../src/adapters/postgres/catalog/reader.ts'
import type { Database } from '../../src/ports.ts'
import { openSession } from '../support/session.ts'

const reader = createSnapshotReader({ historySchema: 'sqlmig' })

/** How the reader of every database sees where sequences stand. */
export function describeSequencePositions(adapter: string, database: () => Promise<Database>): void {
  describe(`${adapter}: the positions of sequences`, () => {
    it('are their last values, null where there was none', async () => {
      const session = await openSession(await database())
      await session.send(`create schema app; create table app.t (s serial, i int generated always as identity);
        insert into app.t default values; insert into app.t default values; insert into app.t default values;
        create sequence app.unused start 7; create sequence app.down increment -1 minvalue -9 start -3;
        select nextval('app.down'), nextval('app.down'); create sequence app."Odd ""Name"; select setval('app."Odd ""Name"', 9);
        create sequence app.reset; select nextval('app.reset'); alter sequence app.reset restart;
        create temp sequence temporary; create schema sqlmig; create sequence sqlmig.s;
        create sequence app.member; alter extension plpgsql add sequence app.member;
        set search_path = app; set quote_all_identifiers = on`)
      const positions = [
        ['app."Odd ""Name"', '9'],
        ['app.down', '-4'],
        ['app.reset', null],
        ['app.t_i_seq', '3'],
        ['app.t_s_seq', '3'],
        ['app.unused', null],
      ]
      expect([...(await reader.positions(session))].sort()).toEqual(positions)
      expect((await session.send('show search_path')).rows).toEqual([{ search_path: 'app' }])
      // Where tests share a database, the extension would go with the sequence.
      await session.send('alter extension plpgsql drop sequence app.member; drop sequence app.member')
      await reader.dedicate(session)
      expect([...(await reader.positions(session))].sort()).toEqual(positions)
      expect([...(await reader.positions(session))].sort()).toEqual(positions)
    })

    it('are none where there are no sequences', async () => {
      const session = await openSession(await database())
      await session.send('create table public.t (a int)')
      expect(await reader.positions(session)).toEqual(new Map())
    })

    it('are the same after as before they are read', async () => {
      const session = await openSession(await database())
      await session.send("create sequence public.s; select nextval('public.s')")
      await reader.positions(session)
      expect((await session.send("select nextval('public.s') as value")).rows).toEqual([{ value: '2' }])
    })
  })
}
