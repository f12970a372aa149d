import { describe, expect, it } from 'vitest'
import { createDockerScratch } from '../../src/adapters/docker.ts'
import { createServerScratch } from '../../src/adapters/postgres/scratch-server.ts'
import type { ScratchProvider } from '../../src/ports.ts'
import { openSession, rejection } from '../support/session.ts'
import { request, whileTesting } from './scratch-contract.ts'

const serve = (url: string): ScratchProvider =>
  createServerScratch({
    url,
    source: 'docker',
    environment: {},
    applicationName: 'sqlmig/test',
    lockTimeoutMs: 5000,
  })

describe('docker: scratch databases', () => {
  it('are on a server of their own, which is gone after close()', async (context) => {
    const image = process.env['SQLMIG_TEST_IMAGE']
    const provider = whileTesting(createDockerScratch({ ...(image ? { image } : {}), serve }))
    const made = await provider.create(request()).catch((error: unknown) => {
      const reason = error instanceof Error ? error.message : String(error)
      context.skip(reason.includes('no Docker engine answers'), reason)
      throw error
    })
    const [session, other] = [await openSession(made), await openSession(await provider.create(request()))]
    await session.send('create table public.t ()')
    expect((await other.send('select from pg_class where oid >= 16384')).rows).toEqual([])
    await provider.close()
    expect(await rejection(session.send('select 1'))).toMatchObject({ code: 'SESSION_LOST' })
    expect(await rejection(made.connect({ onNotice: () => {} }))).toMatchObject({ code: 'CONNECTION_FAILED' })
  })

  it('name the reason when there is no such image', async () => {
    const provider = whileTesting(createDockerScratch({ image: 'localhost:1/none:none', serve }))
    expect(await rejection(provider.create(request()))).toMatchObject({
      code: 'SCRATCH_UNAVAILABLE',
      exitCode: 7,
      hint: expect.stringContaining('--scratch'),
    })
  })

  it('are not started for a run that was interrupted', async () => {
    const provider = whileTesting(createDockerScratch({ serve }))
    expect(await rejection(provider.create(request(AbortSignal.abort())))).toMatchObject({
      code: 'INTERRUPTED',
    })
  })
})
