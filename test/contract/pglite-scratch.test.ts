import { expect, it } from 'vitest'
import { createPgliteScratch } from '../../src/adapters/pglite/scratch.ts'
import { openSession } from '../support/session.ts'
import { describeScratch, request, whileTesting } from './scratch-contract.ts'

const pglite = () => createPgliteScratch({ lockTimeoutMs: 5000 })

describeScratch('pglite', async () => pglite())

it('pglite has the extensions that are asked for, in the first database and in the next', async () => {
  const provider = whileTesting(pglite())
  for (const extension of ['pg_trgm', 'vector']) {
    const use = { extension, file: '001_a.up.sql', required: true }
    const scratch = await provider.create({ ...request(), extensions: [use] })
    const session = await openSession(scratch)
    await session.send(`create extension ${extension} schema public`)
    const { rows } = await session.send('select extname::text as name from pg_extension order by oid')
    expect(rows.map(({ name }) => name)).toEqual(['plpgsql', extension])
    await scratch.drop()
  }
})
