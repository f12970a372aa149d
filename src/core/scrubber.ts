import { type Cover, cleaned, covered, redact } from './redact.ts'
import { passwordsIn } from './written-passwords.ts'

/** What a run logs in with. */
export interface Login {
  readonly secrets: readonly string[]
  /** Users, hosts and databases, which are shown: a password that reads like one of them would take it out of every message. */
  readonly shown: readonly string[]
}

/** The one place through which everything goes that leaves the program: reports, events, errors. */
export interface Scrubber {
  /** Every form of these will be taken out from now on. */
  learn(login: Login): void
  /** The same of passwords that stand in a text: a connection string, or the SQL of a file. */
  learnFrom(text: string): void
  text(text: string, cover?: Cover): string
  /** A copy of plain data. */
  clean<T>(value: T): T
}

/** Shorter ones are parts of ordinary words; they are covered by what stands around them only. */
const SHORTEST = 4
/** Shorter ones are taken out as whole words only. */
const CERTAIN = 8
/** A folder that makes thousands of roles must not make every message slow. */
const MOST = 1000
/** In SQL `password=email` is about a column; in a connection string it stands beside others of its kind. */
const IN_CONNINFO = /\b(?:host|hostaddr|dbname|user|port)\s*=/
const FAR = 1000
/** Words of messages, which tell nobody anything. */
const ORDINARY = new Set(['postgres', 'postgresql', 'sqlmig', 'history', 'password', 'public', 'database'])

export function createScrubber(): Scrubber {
  const secrets = new Set<string>()
  const shown = new Set(ORDINARY)
  let pattern: RegExp | undefined
  const learn = (found: readonly string[], words: readonly string[] = []) => {
    const before = [secrets.size, shown.size].join()
    for (const word of words) shown.add(word.toLowerCase())
    for (const secret of found) if (secret.length >= SHORTEST && secrets.size < MOST) secrets.add(secret)
    if ([secrets.size, shown.size].join() !== before)
      pattern = patternOf([...secrets].filter((secret) => !shown.has(secret.toLowerCase())))
  }
  const text = (given: string, cover: Cover = 'sign') => {
    const known = pattern === undefined ? given : given.replace(pattern, (secret) => covered(secret, cover))
    return redact(known, cover)
  }
  return {
    learn: ({ secrets: found, shown: words }) => learn(found, words),
    learnFrom(given) {
      const certain = passwordsIn(given).filter(
        ({ form, start }) => form !== 'plain' || IN_CONNINFO.test(lineAround(given, start)),
      )
      learn(certain.flatMap(({ value }) => readings(value)))
    },
    text,
    clean: (value) => cleaned(value, text),
  }
}

function lineAround(text: string, at: number): string {
  const end = text.indexOf('\n', at)
  return text.slice(
    Math.max(text.lastIndexOf('\n', at), at - FAR),
    Math.min(end < 0 ? text.length : end, at + FAR),
  )
}

/** What a password may be when it is read in another way: up to the next parameter of a URL, without escapes, with its encoding undone. */
function readings(value: string): string[] {
  const all = new Set([
    value,
    value.replaceAll("''", "'"),
    value.replaceAll("''''", "'"),
    value.replace(/\\(.)/g, '$1'),
  ])
  for (const separator of ['&', '@']) all.add(value.split(separator)[0] ?? value)
  for (const each of [...all]) {
    try {
      all.add(decodeURIComponent(each))
    } catch {
      // It was not encoded.
    }
  }
  return [...all]
}

/** How one password may stand in a text: as it is, encoded for a URL, for SQL, for JSON and in base64. */
function formsOf(secret: string): string[] {
  const encoded = encodeURIComponent(secret)
  const base64 = Buffer.from(secret, 'utf8').toString('base64')
  const unpadded = base64.replace(/=+$/, '')
  return [
    secret,
    encoded,
    encoded.replace(/%[0-9A-F]{2}/g, (code) => code.toLowerCase()),
    encoded.replace(/[!'()*~]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`),
    encodeURI(secret),
    secret.replaceAll("'", "''"),
    secret.replaceAll("'", "''''"),
    secret.replace(/['\\]/g, '\\$&'),
    JSON.stringify(secret).slice(1, -1),
    base64,
    unpadded,
    unpadded.replaceAll('+', '-').replaceAll('/', '_'),
  ]
}

function patternOf(secrets: readonly string[]): RegExp | undefined {
  const forms = [...new Set(secrets.flatMap(formsOf))].sort((a, b) => b.length - a.length)
  if (forms.length === 0) return undefined
  const parts = forms.map((form) => {
    const exact = form.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&')
    return form.length >= CERTAIN ? exact : `(?<![\\p{L}\\p{N}_])${exact}(?![\\p{L}\\p{N}_])`
  })
  return new RegExp(parts.join('|'), 'gu')
}
