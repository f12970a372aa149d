import { tokenize } from './lexer.ts'
import type { Migration } from './migration.ts'

/** An extension that a migration names; an embedded database has to load it at start. */
export interface ExtensionUse {
  readonly extension: string
  readonly file: string
  /** False when it is named inside a function or DO body only, where it may never be reached. */
  readonly required: boolean
}

const IN_BODY = /\bcreate\s+extension\s+(?:if\s+not\s+exists\s+)?(?:"([^"]+)"|(\w+))/gi
const MENTIONS = /\bextension\b/i

/** The extensions of all files, each once. */
export function findExtensions(migrations: readonly Migration[]): ExtensionUse[] {
  const files = migrations.flatMap(({ up, down }) => (down === undefined ? [up] : [up, down]))
  const uses = new Map<string, ExtensionUse>()
  for (const { file, text } of files.filter((one) => MENTIONS.test(one.text)))
    for (const { extension, required } of extensionsOf(text))
      if (required || !uses.has(extension)) uses.set(extension, { extension, file, required })
  return [...uses.values()]
}

function* extensionsOf(text: string): Generator<Omit<ExtensionUse, 'file'>> {
  let words: string[] = []
  for (const token of tokenize(text)) {
    const piece = text.slice(token.start, token.end)
    switch (token.kind) {
      case 'semicolon':
        words = []
        break
      case 'dollar-literal':
        for (const [, quoted, plain = ''] of piece.matchAll(IN_BODY))
          yield { extension: quoted ?? plain.toLowerCase(), required: false }
        break
      case 'word':
      case 'quoted-name': {
        words.push(token.kind === 'word' ? piece.toLowerCase() : piece.slice(1, -1))
        const extension = createdExtension(words)
        if (extension !== undefined) yield { extension, required: true }
      }
    }
  }
}

/** The name, at the very word that completes CREATE EXTENSION [IF NOT EXISTS] name. */
function createdExtension(words: readonly string[]): string | undefined {
  if (words[0] !== 'create' || words[1] !== 'extension') return undefined
  if (words[2] === 'if') return words.length === 6 ? words[5] : undefined
  return words.length === 3 ? words[2] : undefined
}
