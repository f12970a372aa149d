import { readFile, stat } from 'node:fs/promises'
import { isIP, type Socket } from 'node:net'
import { platform } from 'node:os'
import { join } from 'node:path'
import {
  checkServerIdentity,
  connect as connectTls,
  createSecureContext,
  type SecureContext,
  type TLSSocket,
} from 'node:tls'
import { SqlmigError } from '../../core/errors.ts'
import type { HostAddress } from './address-hosts.ts'
import type { TlsSettings } from './address-security.ts'
import { closed, DialError, dialError, type Limit, once } from './dial.ts'

/** The files of a connection, read. */
export interface TlsContext {
  readonly context: SecureContext
  /** Whether the chain of the server's certificate is checked. */
  readonly checksChain: boolean
  readonly checksName: boolean
}

const SSL_REQUEST = Buffer.from([0, 0, 0, 8, 4, 210, 22, 47])
const SSL_ACCEPTED = 'S'.charCodeAt(0)
const SSL_DECLINED = 'N'.charCodeAt(0)
/** Where distributions keep the authorities that they trust. */
const SYSTEM_ROOTS = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/cert.pem',
]

/**
 * Reads what TLS needs. As in libpq, a root certificate that is there is used whatever the mode is, and verify-ca needs one; unlike
 * there, verify-full without one trusts the authorities that this machine trusts.
 * @throws SqlmigError `CONFIG_INVALID`
 */
export async function loadTls(settings: TlsSettings, source: string): Promise<TlsContext> {
  const { mode, folder, rootCertificate } = settings
  const invalid = (problem: string) => new SqlmigError('CONFIG_INVALID', { problem, source })
  const file = (keyword: string, said: string | undefined, byDefault: string) =>
    readIfThere(keyword, said, join(folder, byDefault), invalid)
  const ownRoots =
    rootCertificate === 'system' ? undefined : await file('sslrootcert', rootCertificate, 'root.crt')
  if (mode === 'verify-ca' && ownRoots === undefined)
    throw invalid(
      'sslmode=verify-ca needs the root certificate that it trusts: name its file with sslrootcert',
    )
  const checksChain = ownRoots !== undefined || mode === 'verify-full'
  const ca = checksChain ? (ownRoots ?? (await systemRoots(settings))) : undefined
  const crl = checksChain ? await file('sslcrl', settings.revocationList, 'root.crl') : undefined
  const identity = settings.sendsCertificate ? await clientIdentity(settings, invalid) : {}
  try {
    const context = createSecureContext({
      ...(ca === undefined ? {} : { ca }),
      ...(crl === undefined ? {} : { crl }),
      ...identity,
      ...(settings.minVersion === undefined ? {} : { minVersion: settings.minVersion }),
      ...(settings.maxVersion === undefined ? {} : { maxVersion: settings.maxVersion }),
    })
    return { context, checksChain, checksName: mode === 'verify-full' }
  } catch (error) {
    // OpenSSL's words are about formats and passphrases, and never hold any.
    const { code } = error as NodeJS.ErrnoException
    throw invalid(
      `the files of sslrootcert, sslcrl, sslcert and sslkey do not work with each other (${code})`,
    )
  }
}

type Problem = (problem: string) => SqlmigError

async function readIfThere(keyword: string, said: string | undefined, byDefault: string, invalid: Problem) {
  try {
    return await readFile(said ?? byDefault)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (said === undefined && (code === 'ENOENT' || code === 'ENOTDIR')) return undefined
    throw invalid(`${keyword}: the file ${said ?? byDefault} cannot be read (${code})`)
  }
}

async function clientIdentity(settings: TlsSettings, invalid: Problem) {
  const { folder, certificate, key, passphrase } = settings
  const cert = await readIfThere('sslcert', certificate, join(folder, 'postgresql.crt'), invalid)
  if (cert === undefined) return {}
  const path = key ?? join(folder, 'postgresql.key')
  const secret = await readIfThere('sslkey', path, path, invalid)
  const { mode, uid } = await stat(path)
  // The administrator may own it and give it to a group.
  const open = mode & (uid === 0 ? 0o037 : 0o077)
  if (platform() !== 'win32' && open !== 0)
    throw invalid(
      `sslkey: the file ${path} can be read or written by others; its permissions have to be 0600`,
    )
  return { cert, ...(secret === undefined ? {} : { key: secret }), ...(passphrase ? { passphrase } : {}) }
}

/** Undefined stands for the authorities that come with Node. */
async function systemRoots({ systemRoots }: TlsSettings): Promise<Buffer | undefined> {
  for (const path of systemRoots === undefined ? SYSTEM_ROOTS : [systemRoots]) {
    const found = await readFile(path).catch(() => undefined)
    if (found !== undefined) return found
  }
  return undefined
}

/**
 * Asks for TLS and checks the server's certificate as far as the settings say.
 * @returns the encrypted socket; `declined` when the server has none, the socket being as it was
 * @throws DialError, with the code `CERTIFICATE` when the certificate is not the one that was to be expected
 */
export async function secure(
  socket: Socket,
  host: HostAddress,
  settings: TlsSettings,
  { context, checksChain, checksName }: TlsContext,
  limit: Limit,
): Promise<TLSSocket | 'declined'> {
  if (settings.negotiation === 'postgres') {
    socket.write(SSL_REQUEST)
    const answer = await firstChunk(socket)
    // More than one byte would have been injected before the handshake (CVE-2021-23222).
    if (answer.length === 1 && answer[0] === SSL_DECLINED) return 'declined'
    if (answer.length !== 1 || answer[0] !== SSL_ACCEPTED)
      throw new DialError('CLOSED', 'the server does not speak the protocol of PostgreSQL')
  }
  const secured = limit.guard(
    connectTls({
      socket,
      secureContext: context,
      rejectUnauthorized: checksChain,
      ...(settings.sendsName && isIP(host.host) === 0 ? { servername: host.host } : {}),
      ...(settings.negotiation === 'direct' ? { ALPNProtocols: ['postgresql'] } : {}),
      checkServerIdentity: (_, certificate) =>
        checksName ? checkServerIdentity(host.host, certificate) : undefined,
    }),
  )
  try {
    await once(secured, 'secureConnect')
  } catch (error) {
    throw failedHandshake(secured, error)
  }
  if (settings.negotiation === 'direct' && secured.alpnProtocol !== 'postgresql')
    throw new DialError('TLS_FAILED', 'the server does not know sslnegotiation=direct')
  return secured
}

function failedHandshake(secured: TLSSocket, error: unknown): unknown {
  if (!(error instanceof DialError) || error.code === 'TIMEOUT' || error.code === 'ABORTED') return error
  // Node's types say that it is an Error; it is its code.
  const problem: unknown = secured.authorizationError
  if (problem)
    return new DialError('CERTIFICATE', `the server's certificate is not accepted: ${error.message}`)
  return new DialError('TLS_FAILED', `the TLS handshake failed: ${error.message}`)
}

function firstChunk(socket: Socket): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const onData = (chunk: Buffer) => {
      socket.pause()
      done(() => resolve(chunk))
    }
    const onError = (error: NodeJS.ErrnoException) => done(() => reject(dialError(error)))
    const onClose = () => done(() => reject(closed()))
    const done = (settle: () => void) => {
      socket.removeListener('data', onData)
      socket.removeListener('error', onError)
      socket.removeListener('close', onClose)
      settle()
    }
    socket.on('data', onData).once('error', onError).once('close', onClose)
  })
}
