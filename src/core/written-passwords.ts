/** A password that a text says, with its place: `text.slice(start, end)` is what has to be hidden. */
export interface WrittenPassword {
  readonly value: string
  readonly start: number
  readonly end: number
  /**
   * `literal` behind the word PASSWORD, as SQL has it in CREATE ROLE and in options; `pair` as in `password='…'`, `plain` the same without
   * quotes; `url` before an @; `mistaken` in double quotes, which the server takes for a name and repeats.
   */
  readonly form: 'literal' | 'pair' | 'plain' | 'url' | 'mistaken'
}

const MAY_HOLD = /passw|pwd|:\/{1,2}[^\s@]*:/i
/** `://user:password@`; a password that was not encoded may hold anything. `resolve` makes one slash of the two. */
const IN_URL = /(:\/{1,2}[^\s@:]*:)(\S{0,512}|[^\n"]{0,512})@/g
/** The word, and what may stand between it and a literal (PostgreSQL's grammar and the mistakes that are made with it). */
const WORD = /\b(?:password|passwd|pwd)\b((?:\s|--[^\n]*\n|\/\*[\s\S]*?\*\/)*)([=:]?)\s*/gi
const LONGEST = 512
const ROLE_BEFORE = /\b(?:role|user|group)\b[^;]*$/i
const LOOK_BACK = 400

/** The forms of a literal; one that does not end reaches to the end of its line. The groups are what is before the value, and the value. */
const LITERALS = [
  /(e')((?:[^'\\\n]|''|\\.)*)/iy,
  /('')((?:[^'\n]|'''')+)(?='')/y,
  /((?:u&)?')((?:[^'\n]|'')*)/iy,
  /(\$(?:[A-Za-z_]\w*)?\$)([^$\n]*)/y,
] as const
const QUOTED_NAME = /(")([^"\n]*)/y
/** libpq's, which may stand in a literal itself. */
const QUOTED_VALUE = /(')((?:[^'\\\n]|''|\\.)*)(?=')/y
const PLAIN_VALUE = /()([^\s"']\S*?)(?=["';,)]*(?:\s|$))/y
/** What follows the end of a literal that ends with the word, and not the beginning of one. */
const GOES_ON = /^\s*(?:\|\||[;,)]\s*$|[,)]\s)/

/** All passwords in a text: a connection string, SQL, or what a server said of them. */
export function passwordsIn(text: string): WrittenPassword[] {
  if (!MAY_HOLD.test(text)) return []
  const found: WrittenPassword[] = []
  for (const match of text.matchAll(IN_URL)) {
    const start = match.index + (match[1] ?? '').length
    add(found, { form: 'url', value: match[2] ?? '', start })
  }
  for (const match of text.matchAll(WORD)) {
    const at = match.index + match[0].length
    const password = behindWord(text, { word: match.index, at, sign: match[2] ?? '' })
    if (password !== undefined) add(found, password)
  }
  return apart(found)
}

type Found = Omit<WrittenPassword, 'end'>

/** Where the word PASSWORD stands, and where what follows it begins. */
interface Place {
  readonly word: number
  readonly at: number
  readonly sign: string
}

function behindWord(text: string, { word, at, sign }: Place): Found | undefined {
  const isPair = sign === '='
  const quoted = isPair ? valueAt(QUOTED_VALUE, text, at) : undefined
  const literal = quoted ?? firstOf(LITERALS, text, at)
  if (literal !== undefined) return { form: isPair ? 'pair' : 'literal', ...literal }
  const form = isPair ? 'plain' : 'mistaken'
  const other = valueAt(isPair ? PLAIN_VALUE : QUOTED_NAME, text, at)
  const fits = isPair || ROLE_BEFORE.test(text.slice(Math.max(0, word - LOOK_BACK), word))
  return other !== undefined && fits ? { form, ...other } : undefined
}

function firstOf(forms: readonly RegExp[], text: string, at: number): ReturnType<typeof valueAt> {
  for (const form of forms) {
    const found = valueAt(form, text, at)
    if (found !== undefined) return found
  }
  return undefined
}

function valueAt(form: RegExp, text: string, at: number): { value: string; start: number } | undefined {
  form.lastIndex = at
  const match = form.exec(text)
  if (match === null) return undefined
  return { value: match[2] ?? '', start: at + (match[1] ?? '').length }
}

function add(found: WrittenPassword[], password: Found): void {
  const { value, start } = password
  if (value !== '' && value.length <= LONGEST && !GOES_ON.test(value))
    found.push({ ...password, end: start + value.length })
}

/** In their order; of two that overlap, the one that begins first. */
function apart(found: readonly WrittenPassword[]): WrittenPassword[] {
  let covered = 0
  return found
    .toSorted((a, b) => a.start - b.start)
    .filter(({ start, end }) => {
      if (start < covered) return false
      covered = end
      return true
    })
}
