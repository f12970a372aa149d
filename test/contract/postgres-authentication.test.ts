import { describe, expect, it } from 'vitest'
import {
  AUTHENTICATION,
  errorMessage,
  READY,
  remoteAddress,
  serverMessage,
  startImpostor,
} from '../support/impostor.ts'
import { startServer } from '../support/proxy.ts'
import { postgresAt, rejection } from '../support/session.ts'

const SECRET = 'gEh3im'
const here = '127.0.0.1'
const remote = remoteAddress()

async function refused(url: string): Promise<{ message: string; hint: string }> {
  const error = await rejection(postgresAt(url).connect({ onNotice: () => {} }))
  expect(error).toMatchObject({ code: 'CONNECTION_FAILED', exitCode: 7 })
  const { message, hint } = error as { message: string; hint: string }
  expect(`${message} ${hint}`).not.toContain(SECRET)
  return { message, hint }
}

const urlOf = (host: string, port: number, more = '') =>
  `postgres://u:${SECRET}@${host}:${port}/db?connect_timeout=5${more}`

describe.skipIf(remote === undefined)('a server that is not on this machine and proves nothing', () => {
  const far = remote ?? here

  it.each(['password', 'md5'] as const)('gets no %s', async (method) => {
    for (const mode of ['', '&sslmode=disable', '&sslmode=prefer', '&sslmode=allow']) {
      const { port, heard } = await startImpostor([AUTHENTICATION[method]], far)
      const { message, hint } = await refused(urlOf(far, port, mode))
      expect(message).toContain('nothing was sent')
      expect(hint).toContain(`require_auth=${method}`)
      expect(heard()).not.toContain(SECRET)
      expect(heard()).not.toContain('md5')
    }
  })

  it('gets it where the user asks for that by name', async () => {
    const { port, heard } = await startImpostor([AUTHENTICATION.password, errorMessage('28P01', 'no')], far)
    await refused(urlOf(far, port, '&require_auth=password'))
    expect(heard()).toContain(SECRET)
  })

  it('gets no start-up message without TLS where that is asked for', async () => {
    for (const mode of ['require', 'verify-full']) {
      const { port, heard } = await startImpostor([AUTHENTICATION.ok], far)
      const { message } = await refused(urlOf(far, port, `&sslmode=${mode}`))
      expect(message).toContain('does not offer TLS')
      expect(heard()).toHaveLength(8)
    }
  })
})

describe('a server on this machine', () => {
  it('gets the password that it asks for, as libpq would give it', async () => {
    const { port, heard } = await startImpostor([AUTHENTICATION.password, errorMessage('28P01', 'no')])
    const { message } = await refused(urlOf(here, port))
    expect(message).toContain('28P01')
    expect(heard()).toContain(SECRET)
  })

  it('is asked whether it knows the password, too', async () => {
    const lies = serverMessage('R', 12, `v=${Buffer.alloc(32).toString('base64')}`)
    const nonce = /r=([^,]+)$/
    const port = await scramImpostor((first) => `r=${nonce.exec(first)?.[1]}x,s=c2FsdA==,i=4096`, lies)
    const { message } = await refused(urlOf(here, port))
    expect(message).toContain('does not know the password')
  })

  it.each([
    ['another nonce', () => 'r=other,s=c2FsdA==,i=4096'],
    ['our nonce and no more', (first: string) => `r=${first.split('r=')[1]},s=c2FsdA==,i=4096`],
    ['no salt', (first: string) => `r=${first.split('r=')[1]}x,s=,i=4096`],
    ['no iterations', (first: string) => `r=${first.split('r=')[1]}x,s=c2FsdA==,i=0`],
    ['iterations for ever', (first: string) => `r=${first.split('r=')[1]}x,s=c2FsdA==,i=2147483647`],
    ['nonsense', () => 'nonsense'],
  ])('cannot do SCRAM with %s', async (_, challenge) => {
    const port = await scramImpostor(challenge, READY)
    expect((await refused(urlOf(here, port))).message).toContain('SCRAM')
  })

  it('cannot cut SCRAM short', async () => {
    const { port } = await startImpostor([AUTHENTICATION.scram, Buffer.concat([AUTHENTICATION.ok, READY])])
    expect((await refused(urlOf(here, port))).message).toContain('breaks off SCRAM')
  })

  it('cannot ask for what is not there', async () => {
    const gssapi = await startImpostor([AUTHENTICATION.gssapi])
    expect((await refused(urlOf(here, gssapi.port))).message).toContain('GSSAPI')
    const nothing = await startImpostor([AUTHENTICATION.password])
    const { message, hint } = await refused(`postgres://u@127.0.0.1:${nothing.port}/db?passfile=/nonexistent`)
    expect(message).toContain('asks for a password, and there is none')
    expect(hint).toContain('PGPASSWORD')
  })
})

describe('require_auth and channel_binding', () => {
  it.each([
    ['require_auth=scram-sha-256', 'ok'],
    ['require_auth=scram-sha-256', 'password'],
    ['require_auth=scram-sha-256,none', 'md5'],
    ['require_auth=!none', 'ok'],
    ['require_auth=!password,!md5', 'password'],
    ['require_auth=password', 'scram'],
    ['channel_binding=require', 'ok'],
    ['channel_binding=require', 'password'],
    ['channel_binding=require', 'scram'],
  ] as const)('%s refuses a server that says %s', async (rule, method) => {
    const said = method === 'ok' ? Buffer.concat([AUTHENTICATION.ok, READY]) : AUTHENTICATION[method]
    const { port, heard } = await startImpostor([said])
    const { message } = await refused(urlOf(here, port, `&${rule}`))
    expect(message).toMatch(/require_auth|channel_binding/)
    expect(heard()).not.toContain(SECRET)
    expect(heard()).not.toContain('SCRAM-SHA-256')
  })
})

describe('a server that goes silent', () => {
  const tls = Buffer.from('S')
  it.each<[string, ReadonlyArray<Buffer>, string]>([
    ['before the handshake of TLS', [tls], ''],
    ['after the start-up message', [], '&sslmode=disable'],
    ['after the password', [AUTHENTICATION.password], '&sslmode=disable'],
    ['within SCRAM', [AUTHENTICATION.scram], '&sslmode=disable'],
    ['before it is ready', [AUTHENTICATION.ok], '&sslmode=disable'],
    ['within a message', [READY.subarray(0, 3)], '&sslmode=disable'],
  ])('%s has its time and no more', async (_, said, more) => {
    const port = await startServer((socket) => {
      const rest = [...said]
      socket.on('data', () => {
        const next = rest.shift()
        if (next !== undefined) socket.write(next)
      })
    })
    const url = `postgres://u:${SECRET}@127.0.0.1:${port}/db?connect_timeout=1${more}`
    expect((await refused(url)).message).toContain('no answer within 1000 ms')
  })
})

describe('a server that does not speak the protocol', () => {
  it.each([
    ['another message', serverMessage('D', 'x')],
    ['a message of a gigabyte', Buffer.from('R\x40\x00\x00\x00', 'latin1')],
    ['a length that is none', Buffer.from('R\x00\x00\x00\x00', 'latin1')],
    ['an authentication message that is too short', serverMessage('R', 'x')],
    ['text', Buffer.from('220 mail.example.com ESMTP\r\n')],
  ])('%s', async (_, said) => {
    const { port } = await startImpostor([said])
    expect((await refused(urlOf(here, port))).message).toContain('does not speak the protocol')
  })

  it('an answer to the question for TLS that has more behind it', async () => {
    const injecting = await startServer((socket) => socket.once('data', () => socket.write('Nx')))
    expect((await refused(urlOf(here, injecting))).message).toContain('does not speak the protocol')
  })
})

async function scramImpostor(challenge: (clientFirst: string) => string, last: Buffer): Promise<number> {
  return startServer((socket) => {
    let step = 0
    socket.on('data', (bytes) => {
      if (bytes.length === 8) return socket.write('N')
      step++
      if (step === 1) return socket.write(AUTHENTICATION.scram)
      if (step === 2) return socket.write(serverMessage('R', 11, challenge(bytes.toString())))
      return socket.write(last)
    })
  })
}
