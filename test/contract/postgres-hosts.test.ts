import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ConnectOptions } from '../../src/ports.ts'
import { startFaultProxy } from '../support/fault-proxy.ts'
import { startProxy, startServer } from '../support/proxy.ts'
import { openSession, postgresAt, rejection } from '../support/session.ts'
import { type Cluster, startCluster } from '../support/standby.ts'
import { wireMessage } from '../support/wire.ts'

let cluster: Cluster
let login: URL

beforeAll(async () => {
  cluster = await startCluster()
  login = new URL(cluster.primary.url)
})

afterAll(async () => {
  await cluster?.stop()
})

const hostsAt = (ports: readonly number[], more = '') => {
  const hosts = ports.map((port) => `127.0.0.1:${port}`).join(',')
  return postgresAt(`postgres://postgres:${login.password}@${hosts}/postgres?connect_timeout=5${more}`)
}

async function role(
  ports: readonly number[],
  more = '',
  options: Partial<ConnectOptions> = {},
): Promise<string> {
  const session = await openSession(hostsAt(ports, more), options)
  const { rows } = await session.send('select pg_is_in_recovery()::text as standby')
  return rows[0]?.['standby'] === 'true' ? 'standby' : 'primary'
}

async function failure(ports: readonly number[], more = ''): Promise<string> {
  const error = await rejection(hostsAt(ports, more).connect({ onNotice: () => {} }))
  expect(error).toMatchObject({ code: 'CONNECTION_FAILED', exitCode: 7, hint: expect.any(String) })
  expect((error as Error).message).not.toContain(login.password)
  return (error as Error).message
}

const DEAD = 1

describe('of several hosts', () => {
  it('the primary is taken, wherever it stands, without anybody asking for it', async () => {
    const { primary, standby } = cluster
    expect(await role([standby.port, primary.port])).toBe('primary')
    expect(await role([primary.port, standby.port])).toBe('primary')
    expect(await role([DEAD, standby.port, primary.port])).toBe('primary')
    expect(await role([standby.port, primary.port], '&load_balance_hosts=random')).toBe('primary')
  })

  it('a standby will do for who only reads, and for nobody else', async () => {
    const { standby } = cluster
    expect(await role([DEAD, standby.port], '', { access: 'read' })).toBe('standby')
    const message = await failure([DEAD, standby.port])
    expect(message).toContain(`127.0.0.1:${standby.port}: it is a standby`)
    expect(message).toContain('ECONNREFUSED')
  })

  it('one on which nothing can be written is passed over by who writes', async () => {
    const { primary } = cluster
    const readOnly = await startFaultProxy(primary.url, ({ from, type, bytes }) =>
      from === 'server' && type === 'D' && bytes.toString('latin1').endsWith('off')
        ? { replace: wireMessage('D', Buffer.from('\0\x01\0\0\0\x02on', 'latin1')) }
        : undefined,
    )
    const port = Number(new URL(readOnly.url).port)
    const before = readOnly.log.length
    expect(await role([port, primary.port])).toBe('primary')
    expect(readOnly.log.length).toBeGreaterThan(before)
    expect(readOnly.log.some(({ text }) => text.includes('pg_backend_pid'))).toBe(false)
    expect(await failure([port, DEAD])).toContain(`127.0.0.1:${port}: it is read-only`)
  })

  it.each([
    ['any', 'standby'],
    ['read-write', 'primary'],
    ['primary', 'primary'],
    ['read-only', 'standby'],
    ['standby', 'standby'],
    ['prefer-standby', 'standby'],
  ])('target_session_attrs=%s takes the %s', async (attributes, expected) => {
    const { primary, standby } = cluster
    const more = `&target_session_attrs=${attributes}`
    expect(await role([standby.port, primary.port], more, { access: 'read' })).toBe(expected)
  })

  it('target_session_attrs is asked of a single host too', async () => {
    const { primary, standby } = cluster
    for (const attributes of ['read-write', 'primary'])
      expect(await failure([standby.port], `&target_session_attrs=${attributes}`)).toContain('standby')
    for (const attributes of ['read-only', 'standby'])
      await failure([primary.port], `&target_session_attrs=${attributes}`)
    expect(await role([primary.port], '&target_session_attrs=prefer-standby')).toBe('primary')
    expect(await role([standby.port], '', { access: 'read' })).toBe('standby')
    await expect(role([standby.port])).rejects.toMatchObject({ code: 'SERVER_READ_ONLY' })
  })

  it('one that never answers has its time and no more', async () => {
    const silent = await startServer(() => {})
    const { primary } = cluster
    expect(await role([silent, primary.port], '&connect_timeout=1')).toBe('primary')
    const message = await failure([silent, DEAD], '&connect_timeout=1')
    expect(message).toContain('no answer within 1000 ms')
    expect(message).toContain('ECONNREFUSED')
  })

  it('one that refuses the user ends the search', async () => {
    const { primary } = cluster
    const proxy = await startProxy(cluster.primary.url)
    const url = new URL(proxy.url)
    const wrong = `postgres://postgres:wrong@127.0.0.1:${primary.port},127.0.0.1:${url.port}/postgres`
    expect(await rejection(postgresAt(wrong).connect({ onNotice: () => {} }))).toMatchObject({
      code: 'CONNECTION_FAILED',
      message: expect.stringContaining('28P01'),
    })
    expect(proxy.connections()).toBe(0)
  })

  it('the one that works is the one that is watched', async () => {
    const { primary, standby } = cluster
    const database = hostsAt([standby.port, primary.port])
    const worker = await openSession(database)
    const observer = await database.observe?.()
    const seen = await observer?.send(
      `select pid from pg_stat_activity where pid = ${worker.info.backendPid}`,
    )
    await observer?.close()
    expect(seen?.rows).toHaveLength(1)
  })

  it('the new primary is found after a promotion', async () => {
    const { standby } = cluster
    await cluster.promote()
    expect(await role([DEAD, standby.port])).toBe('primary')
  })
})
