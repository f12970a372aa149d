import { execFile } from 'node:child_process'
import { chmod, chown, copyFile, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { withConnection } from './connect.ts'
import { startEmbedded } from './server-embedded.ts'

const openssl = (...args: string[]) => promisify(execFile)('openssl', args)

/** Certificates of one authority, and of another that nobody trusts. */
export interface Authority {
  readonly folder: string
  file(name: string): string
  /** Makes `name.key` and `name.crt`. */
  issue(name: string, commonName: string, subjectAltName?: string): Promise<void>
  /** Makes `name.crl`, in which this certificate is revoked. */
  revoke(name: string): Promise<void>
  remove(): Promise<void>
}

export async function hasOpenssl(): Promise<boolean> {
  return openssl('version').then(
    () => true,
    () => false,
  )
}

export async function createAuthority(): Promise<Authority> {
  const folder = await mkdtemp(join(tmpdir(), 'sqlmig-tls-'))
  const file = (name: string) => join(folder, name)
  const key = (name: string) => ['-newkey', 'rsa:2048', '-nodes', '-keyout', file(`${name}.key`)]
  for (const name of ['ca', 'other-ca'])
    await openssl(
      'req',
      '-x509',
      ...key(name),
      '-out',
      file(`${name}.crt`),
      '-days',
      '2',
      '-subj',
      `/CN=${name}`,
    )
  await writeFile(file('index.txt'), '')
  await writeFile(file('crlnumber'), '01\n')
  const database = `[ca]\ndefault_ca=d\n[d]\ndatabase=${file('index.txt')}\ncrlnumber=${file('crlnumber')}\n`
  await writeFile(file('ca.cnf'), `${database}default_md=sha256\ndefault_crl_days=2\n`)
  const signer = ['-CA', file('ca.crt'), '-CAkey', file('ca.key'), '-CAcreateserial', '-days', '2']
  const ca = ['ca', '-config', file('ca.cnf'), '-cert', file('ca.crt'), '-keyfile', file('ca.key')]
  return {
    folder,
    file,
    async issue(name, commonName, subjectAltName) {
      await openssl('req', '-new', ...key(name), '-out', file(`${name}.csr`), '-subj', `/CN=${commonName}`)
      await writeFile(file('ext'), subjectAltName === undefined ? '' : `subjectAltName=${subjectAltName}\n`)
      const files = ['-in', file(`${name}.csr`), '-out', file(`${name}.crt`), '-extfile', file('ext')]
      await openssl('x509', '-req', ...files, ...signer)
      await chmod(file(`${name}.key`), 0o600)
    },
    async revoke(name) {
      await openssl(...ca, '-revoke', file(`${name}.crt`))
      await openssl(...ca, '-gencrl', '-out', file(`${name}.crl`))
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  }
}

export interface TlsServer {
  /** Of a superuser, without TLS. */
  readonly url: string
  readonly port: number
  stop(): Promise<void>
}

/** A server of its own that speaks TLS with the certificate `server` of the authority and takes clients of that authority. */
export async function startTlsServer(authority: Authority, hba: readonly string[]): Promise<TlsServer> {
  const server = await startEmbedded()
  try {
    await withConnection(server.url, async (sql) => {
      const [row] = await sql<{ data: string }[]>`select current_setting('data_directory') as data`
      const data = row?.data ?? ''
      const { uid, gid } = await stat(data)
      for (const name of ['server.crt', 'server.key', 'ca.crt']) {
        await copyFile(authority.file(name), join(data, name))
        await chown(join(data, name), uid, gid)
        await chmod(join(data, name), 0o600)
      }
      const before = await readFile(join(data, 'pg_hba.conf'), 'utf8')
      await writeFile(join(data, 'pg_hba.conf'), `${hba.join('\n')}\n${before}`)
      await sql`alter system set ssl_cert_file = 'server.crt'`
      await sql`alter system set ssl_key_file = 'server.key'`
      await sql`alter system set ssl_ca_file = 'ca.crt'`
      await sql`alter system set ssl = on`
      await sql`select pg_reload_conf()`
    })
  } catch (error) {
    await server.stop()
    throw error
  }
  return { url: server.url, port: Number(new URL(server.url).port), stop: server.stop }
}
