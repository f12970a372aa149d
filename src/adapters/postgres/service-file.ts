import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { isKeyword } from './conninfo-keywords.ts'

/** A service that cannot be used; the message names files, services and keywords, never values. */
export class ServiceError extends Error {}

/** Where Debian's and Red Hat's libpq look when PGSYSCONFDIR says nothing. */
const SYSTEM_FOLDERS = ['/etc/postgresql-common', '/etc']
const FILE_NAME = 'pg_service.conf'

export interface ServicePlaces {
  /** PGSERVICEFILE or the keyword servicefile; undefined: `.pg_service.conf` in the home folder. */
  readonly file: string | undefined
  readonly home: string | undefined
  /** PGSYSCONFDIR. */
  readonly systemFolder: string | undefined
}

/**
 * What a service says, by keyword (manual, section 32.17): the user's file first, then the system's. The first word on a keyword counts.
 * @throws ServiceError
 */
export function readService(name: string, { file, home, systemFolder }: ServicePlaces): Map<string, string> {
  const own = file ?? (home === undefined ? undefined : join(home, '.pg_service.conf'))
  const folders = systemFolder === undefined ? SYSTEM_FOLDERS : [systemFolder]
  const places = [...(own === undefined ? [] : [own]), ...folders.map((folder) => join(folder, FILE_NAME))]
  for (const path of places) {
    const text = read(path)
    if (text === undefined && path === file) throw new ServiceError(`the service file ${path} does not exist`)
    const found = text === undefined ? undefined : sectionOf(text, name, path)
    if (found !== undefined) return found
  }
  throw new ServiceError('the service is in no service file')
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
    throw new ServiceError(`the service file ${path} cannot be read (${code})`)
  }
}

function sectionOf(text: string, name: string, path: string): Map<string, string> | undefined {
  let section: Map<string, string> | undefined
  for (const [index, whole] of text.split('\n').entries()) {
    const line = whole.trim()
    if (line === '' || line.startsWith('#')) continue
    if (line.startsWith('[')) {
      if (section !== undefined) return section
      if (line.startsWith(`[${name}]`)) section = new Map()
    } else if (section !== undefined) {
      addLine(section, line, `${path}:${index + 1}`)
    }
  }
  return section
}

function addLine(section: Map<string, string>, line: string, place: string): void {
  if (/^ldaps?:/i.test(line)) throw new ServiceError(`${place}: services from LDAP are not supported`)
  const at = line.indexOf('=')
  if (at < 0) throw new ServiceError(`${place}: the line is not of the form keyword=value`)
  const keyword = line.slice(0, at)
  if (keyword === 'service' || keyword === 'servicefile')
    throw new ServiceError(`${place}: a service cannot name another one`)
  if (!isKeyword(keyword)) throw new ServiceError(`${place}: the keyword is unknown`)
  if (!section.has(keyword)) section.set(keyword, line.slice(at + 1))
}
