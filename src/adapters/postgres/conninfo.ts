import { isKeyword } from './conninfo-keywords.ts'

/**
 * What a connection string says, by keyword. A value that is there but empty counts as said: it takes libpq's default and not the
 * environment's.
 */
export type Keywords = ReadonlyMap<string, string>

/** A connection string that cannot be read. The message never repeats any of it, for any part of it may be a password. */
export class ConninfoError extends Error {}

const URI_PREFIX = /^postgres(?:ql)?:\/\//
const BLANK = /\s/
const PASSWORD_HINT = '/ ? # and @ in a password have to be percent-encoded'

/**
 * Reads a connection string in either form of the manual, section 32.1.1: `postgres://…` or `keyword=value …`. Keywords are not judged.
 * @throws ConninfoError
 */
export function parseConninfo(text: string): Keywords {
  return URI_PREFIX.test(text) ? parseUri(text.replace(URI_PREFIX, '')) : parsePairs(text)
}

/** `keyword=value` pairs: blanks around the sign are allowed, values may stand in single quotes, a backslash takes the next character. */
function parsePairs(text: string): Keywords {
  const said = new Map<string, string>()
  let at = 0
  const skipBlanks = () => {
    while (at < text.length && BLANK.test(text.charAt(at))) at++
  }
  for (skipBlanks(); at < text.length; skipBlanks()) {
    const start = at
    while (at < text.length && text[at] !== '=' && !BLANK.test(text.charAt(at))) at++
    const keyword = text.slice(start, at)
    skipBlanks()
    if (text[at] !== '=') throw new ConninfoError('a keyword of the connection string has no "=" behind it')
    at++
    skipBlanks()
    const { value, end } = text[at] === "'" ? quotedValue(text, at + 1) : plainValue(text, at)
    at = end
    store(said, keyword, value)
  }
  return said
}

function plainValue(text: string, start: number): { value: string; end: number } {
  let at = start
  let value = ''
  for (; at < text.length && !BLANK.test(text.charAt(at)); at++) {
    if (text[at] === '\\') at++
    value += text.charAt(at)
  }
  return { value, end: at }
}

function quotedValue(text: string, start: number): { value: string; end: number } {
  let value = ''
  for (let at = start; at < text.length; at++) {
    if (text[at] === "'") return { value, end: at + 1 }
    if (text[at] === '\\') at++
    value += text.charAt(at)
  }
  throw new ConninfoError('a quoted value of the connection string does not end')
}

/** A URI behind its scheme, taken apart in libpq's order: credentials up to the first @, hosts with ports, database, parameters. */
function parseUri(text: string): Keywords {
  const said = new Map<string, string>()
  const login = /^[^@/]*@/.exec(text)?.[0] ?? ''
  const [authority = '', query] = splitOnce(text.slice(login.length), '?')
  // libpq takes the first @ for the end of the password. A second one, or one behind a slash, means a password that was not encoded,
  // and what would be taken for host or database is the rest of it.
  if (authority.includes('@')) throw new ConninfoError(`the URL has an @ behind its host; ${PASSWORD_HINT}`)
  credentials(said, login.slice(0, -1))
  const [hosts = '', database = ''] = splitOnce(authority, '/')
  hostList(said, hosts)
  if (database !== '') store(said, 'dbname', decode(database))
  if (query !== undefined && query !== '') parameters(said, query)
  return said
}

function credentials(said: Map<string, string>, text: string): void {
  const [user = '', password = ''] = splitOnce(text, ':')
  if (user !== '') store(said, 'user', decode(user))
  if (password !== '') store(said, 'password', decode(password))
}

const HOST_ENTRY = /^(?:\[(?<v6>[^\]]*)\]|(?<name>[^:[\]]*))(?::(?<port>.*))?$/s

function hostList(said: Map<string, string>, text: string): void {
  const entries = text.split(',').map((entry) => {
    const groups = HOST_ENTRY.exec(entry)?.groups
    if (groups === undefined || groups['v6'] === '')
      throw new ConninfoError(
        `a host of the URL cannot be read; an IPv6 address stands in brackets, and ${PASSWORD_HINT}`,
      )
    return { host: groups['v6'] ?? groups['name'] ?? '', port: groups['port'] ?? '' }
  })
  const host = entries.map((entry) => entry.host).join(',')
  const port = entries.map((entry) => entry.port).join(',')
  if (host !== '') store(said, 'host', decode(host))
  if (port !== '') store(said, 'port', decode(port))
}

function parameters(said: Map<string, string>, query: string): void {
  // libpq allows one & behind the last.
  for (const pair of query.replace(/&$/, '').split('&')) {
    const [key, value, extra] = pair.split('=')
    if (key === undefined || value === undefined || extra !== undefined)
      throw new ConninfoError(`a parameter of the URL is not of the form key=value; ${PASSWORD_HINT}`)
    const keyword = decode(key)
    // A key before an @ may be the rest of a password: it must not be named.
    if (query.includes('@') && !isKeyword(keyword))
      throw new ConninfoError(`the URL has an @ behind its host; ${PASSWORD_HINT}`)
    // What JDBC calls it.
    if (keyword === 'ssl' && value === 'true') store(said, 'sslmode', 'require')
    else store(said, keyword, decode(value))
  }
}

function store(said: Map<string, string>, keyword: string, value: string): void {
  if (value.includes('\0')) throw new ConninfoError('the connection string holds a zero byte')
  // libpq still knows the keyword of before sslmode.
  if (keyword === 'requiressl') said.set('sslmode', value.startsWith('1') ? 'require' : 'prefer')
  else said.set(keyword, value)
}

function splitOnce(text: string, separator: string): [string, string | undefined] {
  const at = text.indexOf(separator)
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)]
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw new ConninfoError('the URL has a broken percent-encoding')
  }
}
