import { passwordsIn } from './written-passwords.ts'

/** How a password is replaced: by a sign, or where columns have to stay what they are, by as many of them. */
export type Cover = 'sign' | 'fill'

const SIGN = '…'
const FILL = '*'
const IN_URL = /:\/{1,2}[^\s@:]*:(?:[^\n"]{0,512}|\S{0,512})@/g
const COVERED = /^[*…]*$/

/** Takes passwords out of a text for people by what stands around them: a connection string that somebody typed, or SQL. */
export function redact(text: string, cover: Cover = 'sign'): string {
  let from = 0
  let shown = ''
  const plain = cover === 'sign' ? text.replace(IN_URL, `://${SIGN}@`) : text
  for (const { value, start, end } of passwordsIn(plain)) {
    if (COVERED.test(value)) continue
    shown += plain.slice(from, start) + covered(value, cover)
    from = end
  }
  return shown + plain.slice(from)
}

export function covered(secret: string, cover: Cover): string {
  return cover === 'sign' ? SIGN : FILL.repeat(secret.length)
}

type Clean = (text: string, cover: Cover) => string

/** A copy of plain data with every text in it cleaned. Excerpts of files keep their columns. */
export function cleaned<T>(value: T, clean: Clean, cover: Cover = 'sign'): T {
  return copyOf(value, clean, cover) as T
}

function copyOf(value: unknown, clean: Clean, cover: Cover): unknown {
  if (typeof value === 'string') return clean(value, cover)
  if (Array.isArray(value)) return value.map((each) => copyOf(each, clean, cover))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => [
      key,
      copyOf(each, clean, key === 'excerpt' ? 'fill' : cover),
    ]),
  )
}
