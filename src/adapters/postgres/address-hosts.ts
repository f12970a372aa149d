import { existsSync } from 'node:fs'
import { isIP } from 'node:net'
import { platform } from 'node:os'
import { join } from 'node:path'
import type { Finding } from '../../core/finding.ts'
import type { Invalid, Lookup } from './conninfo-lookup.ts'
import { type Passfile, passwordFrom, readPassfile } from './passfile.ts'

/** One of the places where a server may be. */
export interface HostAddress {
  /** As it was named: a name, an address, or the folder of a Unix-domain socket. Certificates are compared with it. */
  readonly host: string
  /** What is connected to: hostaddr, where one is given. */
  readonly target: string
  readonly port: number
  /** The file of a Unix-domain socket, when the host is a folder. */
  readonly socketPath: string | undefined
  readonly password: string | undefined
  /** The file that the password was found in. */
  readonly passfile: string | undefined
}

interface Login {
  readonly user: string
  readonly database: string
  readonly home: string
}

const DEFAULT_PORT = '5432'
const HIGHEST_PORT = 65_535
/** The default of Debian's libpq, and upstream's. */
const SOCKET_FOLDERS = ['/var/run/postgresql', '/tmp']

/**
 * The hosts in the order of host, hostaddr and port, which are lists (manual, section 32.1.1.3); an empty entry takes the default.
 * @throws SqlmigError `CONFIG_INVALID`
 */
export function hostsOf(
  get: Lookup,
  login: Login,
  invalid: Invalid,
): { hosts: HostAddress[]; findings: Finding[] } {
  const names = get('host')?.split(',')
  const targets = get('hostaddr')?.split(',')
  const ports = get('port')?.split(',') ?? [DEFAULT_PORT]
  const count = targets?.length ?? names?.length ?? 1
  if (names !== undefined && names.length !== count)
    throw invalid(`host names ${names.length} hosts, and hostaddr ${count}`)
  if (ports.length !== 1 && ports.length !== count)
    throw invalid(`there are ${ports.length} ports for ${count} hosts`)
  const secrets = passwords(get, login)
  const hosts = Array.from({ length: count }, (_, i) => {
    const port = portOf(ports.length === 1 ? ports[0] : ports[i], invalid)
    const host = place(names?.[i] ?? '', targets?.[i] ?? '', port, invalid)
    return { ...host, ...secrets.of(host) }
  })
  return { hosts, findings: secrets.findings }
}

type Place = Pick<HostAddress, 'host' | 'target' | 'port' | 'socketPath'>

function place(name: string, target: string, port: number, invalid: Invalid): Place {
  if (name.includes('\0') || name.startsWith('@'))
    throw invalid('sockets in the abstract namespace are not supported')
  if (target !== '') {
    if (isIP(target) === 0) throw invalid('hostaddr is not an IP address')
    return { host: name || target, target, port, socketPath: undefined }
  }
  const host = name || defaultHost(port)
  return { host, target: host, port, socketPath: host.startsWith('/') ? socketIn(host, port) : undefined }
}

function socketIn(folder: string, port: number): string {
  return join(folder, `.s.PGSQL.${port}`)
}

/** Without a host libpq uses the folder of sockets that it was built with, and localhost where there are no such sockets. */
function defaultHost(port: number): string {
  if (platform() === 'win32') return 'localhost'
  return SOCKET_FOLDERS.find((folder) => existsSync(socketIn(folder, port))) ?? SOCKET_FOLDERS[0] ?? '/tmp'
}

function portOf(text: string | undefined, invalid: Invalid): number {
  const port = Number(text || DEFAULT_PORT)
  if (Number.isInteger(port) && port > 0 && port <= HIGHEST_PORT) return port
  throw invalid(`the port is not a number from 1 to ${HIGHEST_PORT}`)
}

/** The password that is said holds for every host; else each host has its own in the password file. */
function passwords(get: Lookup, login: Login) {
  const said = get('password')
  const findings: Finding[] = []
  const path =
    get('passfile') ??
    (platform() === 'win32'
      ? join(login.home, 'AppData', 'Roaming', 'postgresql', 'pgpass.conf')
      : join(login.home, '.pgpass'))
  const file: Passfile = said === undefined ? readPassfile(path) : { lines: [] }
  if (file.warning !== undefined)
    findings.push({ code: 'PASSFILE_IGNORED', severity: 'warning', message: file.warning })
  return {
    findings,
    of(host: Place): Pick<HostAddress, 'password' | 'passfile'> {
      if (said !== undefined) return { password: said, passfile: undefined }
      const names = SOCKET_FOLDERS.includes(host.host) ? ['localhost', host.host] : [host.host]
      const password = names
        .map((name) => passwordFrom(file, { ...login, host: name, port: `${host.port}` }))
        .find((found) => found !== undefined)
      return { password, passfile: password === undefined ? undefined : path }
    },
  }
}
