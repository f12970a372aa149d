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
  /**
   * The same of passwords that stand in a connection string, or in SQL: short ones of these are taken out in quotes only, as they stand
   * there and as a server repeats them, because they may be names of objects too.
   */
  learnFrom(text: string, from: 'conninfo' | 'sql'): void
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
  const written = new Set<string>()
  const shown = new Set(ORDINARY)
  let pattern: RegExp | undefined
  const renew = (learn: () => void) => {
    const known = () => [secrets, written, shown].map(({ size }) => size).join()
    const before = known()
    learn()
    if (known() === before) return
    const hidden = (all: ReadonlySet<string>) => [...all].filter((one) => !shown.has(one.toLowerCase()))
    pattern = patternOf(hidden(secrets), hidden(written))
  }
  const text = (given: string, cover: Cover = 'sign') => {
    const known = pattern === undefined ? given : given.replace(pattern, (secret) => covered(secret, cover))
    return redact(known, cover)
  }
  return {
    learn({ secrets: found, shown: words }) {
      renew(() => {
        for (const word of words) shown.add(word.toLowerCase())
        for (const secret of found) if (secret.length >= SHORTEST) secrets.add(secret)
      })
    },
    learnFrom(given, from) {
      const certain = passwordsIn(given).filter(
        ({ form, start }) => form !== 'plain' || IN_CONNINFO.test(lineAround(given, start)),
      )
      const found = certain.flatMap(({ value }) => readings(value))
      renew(() => {
        for (const secret of found)
          if (secret.length >= SHORTEST && secrets.size + written.size < MOST)
            (from === 'sql' && secret.length < CERTAIN ? written : secrets).add(secret)
      })
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

function patternOf(secrets: readonly string[], written: readonly string[]): RegExp | undefined {
  const sorted = (all: readonly string[]) =>
    [...new Set(all.flatMap(formsOf))].sort((a, b) => b.length - a.length)
  const exact = (form: string) => form.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&')
  const parts = [
    ...sorted(secrets).map((form) =>
      form.length >= CERTAIN ? exact(form) : `(?<![\\p{L}\\p{N}_])${exact(form)}(?![\\p{L}\\p{N}_])`,
    ),
    ...sorted(written).map((form) => `(?<=['"$])${exact(form)}(?=['"$;\\n]|$)`),
  ]
  if (parts.length === 0) return undefined
  return new RegExp(parts.join('|'), 'gu')
}
