import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Finding } from '../../src/core/finding.ts'
import type { Migration, SourceFile } from '../../src/core/migration.ts'
import { pairFiles } from '../../src/core/migration.ts'

export const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

export const source = (file: string, text = 'select 1'): SourceFile => ({ file, bytes: bytes(text) })

/** A sound pair, as the folder would give it. */
export function migration(version: string, name = 'm', up = 'create table t ()', down = 'drop table t') {
  const [found] = pairFiles([
    source(`${version}_${name}.up.sql`, up),
    source(`${version}_${name}.down.sql`, down),
  ]).migrations
  if (found === undefined) throw new Error('not a pair')
  return found satisfies Migration
}

export const codes = (findings: readonly Finding[]): string[] => findings.map((finding) => finding.code)

const CORPORA = fileURLToPath(new URL('../../../shared/corpora', import.meta.url))
const REFERENCE = fileURLToPath(new URL('../../sql', import.meta.url))

export const hasCorpora = existsSync(CORPORA)

/** The real-world scripts that are at hand: the reference systems, and the public histories where they are present. */
export function realScripts(): Array<{
  readonly path: string
  readonly file: string
  readonly text: string
}> {
  return [REFERENCE, CORPORA].filter(existsSync).flatMap((root) =>
    readdirSync(root, { recursive: true, encoding: 'utf8' })
      .filter((path) => path.endsWith('.sql'))
      .map((path) => ({
        path,
        file: path.slice(path.lastIndexOf('/') + 1),
        text: readFileSync(`${root}/${path}`, 'utf8').replaceAll('\r\n', '\n'),
      })),
  )
}
