import { readFileSync, statSync } from 'node:fs'
import { platform } from 'node:os'

/** For whom a password is looked for. */
export interface PasswordOwner {
  /** A name or an address; `localhost` for the folder of sockets that is the default. */
  readonly host: string
  readonly port: string
  readonly database: string
  readonly user: string
}

/** The lines of a password file, or why there are none. */
export interface Passfile {
  readonly lines: readonly string[]
  readonly warning?: string
}

const GROUP_AND_OTHERS = 0o077

/**
 * Reads a password file (manual, section 32.16). One that is not there is an empty one; one that others may read is ignored with a warning.
 * @param path may stand in the warning
 */
export function readPassfile(path: string): Passfile {
  try {
    const facts = statSync(path)
    if (!facts.isFile())
      return { lines: [], warning: `the password file ${path} is not a plain file; it is ignored` }
    if (platform() !== 'win32' && (facts.mode & GROUP_AND_OTHERS) !== 0)
      return {
        lines: [],
        warning: `the password file ${path} can be read or written by others; it is ignored until its permissions are 0600`,
      }
    return { lines: readFileSync(path, 'utf8').split(/\r?\n/) }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR') return { lines: [] }
    return { lines: [], warning: `the password file ${path} cannot be read (${code}); it is ignored` }
  }
}

/** The password of the first line that fits: `host:port:database:user:password`, `*` for anything, a backslash before : and \. */
export function passwordFrom({ lines }: Passfile, owner: PasswordOwner): string | undefined {
  const wanted = [owner.host, owner.port, owner.database, owner.user]
  for (const line of lines) {
    if (line === '' || line.startsWith('#')) continue
    const fields = fieldsOf(line)
    if (fields.length < wanted.length + 1) continue
    const fits = wanted.every((value, i) => fields[i]?.raw === '*' || fields[i]?.text === value)
    const password = fields[wanted.length]?.text
    if (fits && password !== undefined && password !== '') return password
  }
  return undefined
}

function fieldsOf(line: string): { raw: string; text: string }[] {
  const fields = [{ raw: '', text: '' }]
  for (let at = 0; at < line.length; at++) {
    const field = fields.at(-1)
    if (line[at] === ':') fields.push({ raw: '', text: '' })
    else if (field !== undefined) {
      const escaped = line[at] === '\\' && at + 1 < line.length
      if (escaped) at++
      field.raw += escaped ? `\\${line.charAt(at)}` : line.charAt(at)
      field.text += line.charAt(at)
    }
  }
  return fields
}
