import type { FileContents } from '../support/folder.ts'
import { pair } from '../support/sqlmig.ts'

/** What one statement leaves where it can be seen. A `ledger` line shows how often its file ran, which nothing else does. */
export interface Effect {
  readonly kind: 'table' | 'index' | 'ledger'
  readonly name: string
}

/** A migration, and what there is when it is applied; without a transaction the n-th effect is that of the n-th statement. */
export interface KnownMigration {
  readonly version: string
  readonly transactional: boolean
  readonly effects: readonly Effect[]
  /** It fails whatever happens, and nothing behind it is applied either. */
  readonly fails?: boolean
}

/** A folder of migrations of which every visible effect is known. */
export interface Shape {
  readonly name: string
  readonly files: FileContents
  readonly migrations: readonly KnownMigration[]
}

/** What every database of a trial has before the first run: nothing in it keeps a file from running twice. */
export const LEDGER = 'create table ledger (name text not null)'

export function inTransaction(version: string, more = ''): { files: FileContents; known: KnownMigration } {
  const up = `create table t${version} (id int);\ninsert into ledger values ('${version}');\n${more}`
  return {
    files: pair(`${version}_t${version}`, up),
    known: {
      version,
      transactional: true,
      effects: [
        { kind: 'table', name: `t${version}` },
        { kind: 'ledger', name: version },
      ],
    },
  }
}

/** An index on the table of an earlier migration, made without a transaction, between two lines in the ledger. */
export function outsideTransaction(
  version: string,
  table: string,
): { files: FileContents; known: KnownMigration } {
  const index = `i${version}`
  return {
    files: pair(
      `${version}_${index}`,
      `-- sqlmig: no-transaction
insert into ledger values ('${version} before');
create index concurrently ${index} on ${table} (id);
insert into ledger values ('${version} after');
`,
      `-- sqlmig: no-transaction\ndrop index concurrently ${index};\n`,
    ),
    known: {
      version,
      transactional: false,
      effects: [
        { kind: 'ledger', name: `${version} before` },
        { kind: 'index', name: index },
        { kind: 'ledger', name: `${version} after` },
      ],
    },
  }
}

export function shapeOf(
  name: string,
  ...parts: readonly { files: FileContents; known: KnownMigration }[]
): Shape {
  return {
    name,
    files: Object.assign({}, ...parts.map(({ files }) => files)),
    migrations: parts.map(({ known }) => known),
  }
}

export const TWO: Shape = shapeOf('two files', inTransaction('001'), inTransaction('002'))

export const JOURNALLED: Shape = shapeOf(
  'a file without a transaction between two with one',
  inTransaction('001'),
  outsideTransaction('002', 't001'),
  inTransaction('003'),
)

const broken = inTransaction('002', 'select 1 / 0;\n')

export const FAILING: Shape = shapeOf(
  'a file that fails behind one that does not',
  inTransaction('001'),
  { files: broken.files, known: { ...broken.known, fails: true } },
  inTransaction('003'),
)

/** How much of a shape can be applied at all. */
export function applicable({ migrations }: Shape): readonly KnownMigration[] {
  const failing = migrations.findIndex(({ fails }) => fails === true)
  return failing === -1 ? migrations : migrations.slice(0, failing)
}
