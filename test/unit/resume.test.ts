import { describe, expect, it } from 'vitest'
import { createSqlParser } from '../../src/adapters/sql-parser.ts'
import { checksumOf } from '../../src/core/checksum.ts'
import type { StatementEffect } from '../../src/core/effect.ts'
import type { IncompleteRecord } from '../../src/core/history.ts'
import { incompleteFinding } from '../../src/core/incomplete.ts'
import {
  invalidAfter,
  type Look,
  leftoversOf,
  type NamedObject,
  questionsOf,
} from '../../src/core/leftover.ts'
import { decide, firstEdited, type NumberedStatement, numbered } from '../../src/core/resume.ts'
import { chain } from './history-values.ts'

async function statements(text: string): Promise<NumberedStatement[]> {
  return numbered(text, (await createSqlParser().parse(text)) ?? [])
}

async function only(text: string): Promise<NumberedStatement> {
  const [statement] = await statements(text)
  if (statement === undefined) throw new Error('no statement')
  return statement
}

async function effectOf(text: string): Promise<StatementEffect> {
  const { effect } = await only(text)
  if (effect === undefined) throw new Error('no effect')
  return effect
}

function record(progress: Partial<IncompleteRecord> = {}): IncompleteRecord {
  const [started] = chain({ event: 'started', version: '1', upChecksum: checksumOf('as it was') })
  if (started === undefined) throw new Error('no row')
  return {
    started,
    action: 'apply',
    done: 0,
    inDoubt: 1,
    failed: undefined,
    checksums: new Map(),
    ...progress,
  }
}

const failed = record({ inDoubt: undefined, failed: { statementNo: 1, reason: 'x' } })

const t: NamedObject = { schema: 's', name: 't', kind: 'r', valid: true, of: undefined, labels: [] }
const index = (valid: boolean, of = t): NamedObject => ({ ...t, name: 'i', kind: 'i', valid, of })
const look = (named: Look['named'], more: Partial<Look> = {}): Look => ({
  named,
  invalid: [],
  pending: [],
  ...more,
})
const invalid = (name: string, table = 't') => ({ schema: 's', name, table: { schema: 's', name: table } })
const DROP = 'DROP INDEX CONCURRENTLY "s"."i";'

describe('the statements that were sent', () => {
  const sent = async (text: string, progress: Partial<IncompleteRecord>) => {
    const was = await statements('select 1; select 2; select 3')
    const checksums = new Map(was.map(({ number, text: one }) => [number, checksumOf(one)]))
    const now = { checksum: checksumOf(text), statements: await statements(text) }
    return firstEdited(record({ checksums, ...progress }), now)
  }

  it.each<[string, Partial<IncompleteRecord>, number | undefined]>([
    ['select 1; select 2; select 4', { done: 2, inDoubt: undefined }, undefined],
    ['/* said */ select 1 ;\n\nselect 2; -- so', { done: 2, inDoubt: undefined }, undefined],
    ['select 1; select 3; select 2', { done: 1, inDoubt: undefined }, undefined],
    ['select 1; select 3; select 2', { done: 1, inDoubt: 2 }, 2],
    ['select 1; select 3; select 2', { done: 2, inDoubt: undefined }, 2],
    ['select 0; select 1; select 2; select 3', { done: 3, inDoubt: undefined }, 1],
    ['select 1', { done: 2, inDoubt: undefined }, 2],
    ["select '1'; select 2", { done: 1, inDoubt: undefined }, 1],
    ['select 1; select 2', { done: 1, inDoubt: undefined, checksums: new Map() }, 1],
  ])('%s is compared one by one', async (text, progress, expected) => {
    expect(await sent(text, progress)).toBe(expected)
  })

  it('are the same when the file is, also where nothing was written down of them', async () => {
    const file = { checksum: checksumOf('as it was'), statements: [] }
    expect(firstEdited(record({ done: 3 }), file)).toBeUndefined()
  })
})

describe('what is left behind', () => {
  const all = look([t, index(false)], {
    invalid: [invalid('i'), invalid('j'), invalid('i_ccnew'), invalid('k_ccold2', 'other')],
    pending: [{ table: { schema: 's', name: 'p' }, partition: { schema: 's', name: 't' } }],
  })

  it.each<[string, string[]]>([
    ['create index concurrently i on t (a)', ['s.i']],
    ['create index concurrently on t (a)', ['s.i', 's.j', 's.i_ccnew']],
    ['reindex table concurrently t', ['s.i_ccnew']],
    ['reindex schema concurrently s', ['s.i_ccnew', 's.k_ccold2']],
    ['reindex schema concurrently other', []],
    ['reindex database concurrently d', ['s.i_ccnew', 's.k_ccold2']],
    ['alter table p detach partition t concurrently', ['s.t']],
    ["alter type t add value 'x'", []],
  ])('%s', async (text, names) => {
    expect(leftoversOf(await effectOf(text), all).map(({ name }) => name)).toEqual(names)
  })

  it('of REINDEX INDEX belongs to the table of the index', async () => {
    const effect = await effectOf('reindex index concurrently i')
    const found = leftoversOf(effect, { ...all, named: [index(true)] })
    expect(found.map(({ repair }) => repair)).toEqual(['DROP INDEX CONCURRENTLY "s"."i_ccnew";'])
    expect(leftoversOf(effect, { ...all, named: [undefined] })).toEqual([])
  })

  it('after a success is what the statement passed over', async () => {
    const names = async (text: string, at = all) =>
      invalidAfter(await effectOf(text), at).map(({ name }) => name)
    expect(await names('create index concurrently if not exists i on t (a)')).toEqual(['s.i'])
    expect(await names('create index concurrently on t (a)')).toEqual([])
    expect(await names('reindex table concurrently t')).toEqual(['s.i', 's.j', 's.i_ccnew'])
  })

  it('is asked for by name, an index by its table', async () => {
    expect(questionsOf(await effectOf('create index i on s.t (a)'))).toEqual([
      { kind: 'relation', schema: 's', name: 't' },
      { kind: 'index-of', schema: 's', name: 't', index: 'i' },
    ])
    expect(questionsOf(await effectOf('vacuum t'))).toEqual([])
  })
})

describe('a statement in doubt', () => {
  it.each<[string, Look, object]>([
    ['create index concurrently i on t (a)', look([t, index(true)]), { action: 'done' }],
    ['create index concurrently i on t (a)', look([t, undefined]), { action: 'run', clear: [] }],
    [
      'create index concurrently i on t (a)',
      look([t, index(false)], { invalid: [invalid('i')] }),
      { action: 'run', clear: [DROP] },
    ],
    [
      'create index concurrently i on t (a)',
      look([t, index(true, { ...t, name: 'other' })]),
      { kind: 'ask' },
    ],
    ['create index concurrently on t (a)', look([t]), { kind: 'ask' }],
    ['create index concurrently on t (a)', look([t], { invalid: [invalid('i')] }), { kind: 'refuse' }],
    ['drop index concurrently i', look([undefined]), { action: 'done' }],
    [
      'drop index concurrently i',
      look([index(false)], { invalid: [invalid('i')] }),
      { action: 'run', clear: [] },
    ],
    ['drop index i, j', look([undefined, index(true)]), { action: 'run' }],
    [
      'reindex table concurrently t',
      look([t], { invalid: [invalid('i_ccnew')] }),
      { action: 'run', clear: ['DROP INDEX CONCURRENTLY "s"."i_ccnew";'] },
    ],
    [
      'alter table p detach partition t concurrently',
      look([
        { ...t, of: { schema: 's', name: 'p' } },
        { ...t, name: 'p' },
      ]),
      { action: 'run' },
    ],
    ['alter table p detach partition t concurrently', look([t, { ...t, name: 'p' }]), { action: 'done' }],
    ['alter table p detach partition t concurrently', look([undefined, t]), { kind: 'ask' }],
    [
      'alter table p detach partition t concurrently',
      look([t, { ...t, name: 'p' }], {
        pending: [{ table: { schema: 's', name: 'p' }, partition: { schema: 's', name: 't' } }],
      }),
      { action: 'run', instead: 'ALTER TABLE "s"."p" DETACH PARTITION "s"."t" FINALIZE;' },
    ],
    ["alter type t add value 'x'", look([{ ...t, labels: ['x'] }]), { action: 'done' }],
    ["alter type t add value 'x'", look([{ ...t, labels: ['y'] }]), { action: 'run' }],
    ["alter type t add value 'x'", look([undefined]), { kind: 'ask' }],
  ])('%s', async (text, found, expected) => {
    expect(decide(record(), await only(text), found, 'probe')).toMatchObject(expected)
  })

  it.each(['insert into t values (1)', 'create database d', 'select f()', 'do $$ begin end $$', 'call p()'])(
    'is asked about where the catalogs show nothing: %s',
    async (text) => {
      const statement = await only(text)
      expect(decide(record(), statement, undefined, 'probe')).toMatchObject({ kind: 'ask' })
      expect(decide(record(), statement, undefined, 'retry')).toMatchObject({ action: 'run' })
      expect(decide(record(), statement, undefined, 'skip')).toMatchObject({ action: 'done' })
    },
  )

  it.each(['vacuum t', 'analyze', 'set search_path = s'])('may be repeated: %s', async (text) => {
    expect(decide(record(), await only(text), undefined, 'probe')).toMatchObject({ action: 'run' })
  })
})

describe('a statement that failed', () => {
  it('is run again, but for what may have committed halfway', async () => {
    expect(decide(failed, await only('insert into t values (1)'), undefined, 'probe')).toMatchObject({
      action: 'run',
    })
    expect(decide(failed, await only('call p()'), undefined, 'probe')).toMatchObject({ kind: 'ask' })
  })

  it('is run again after what is left of it, and of what it was before an edit, is dropped', async () => {
    const effect = await effectOf('create index concurrently old on t (a)')
    const former = leftoversOf(effect, look([t, undefined], { invalid: [invalid('i')] }))
    expect(former).toEqual([])
    const own = leftoversOf(
      effect,
      look([t, { ...index(false), name: 'old' }], { invalid: [invalid('old')] }),
    )
    const found = look([t, index(false)], { invalid: [invalid('i')] })
    expect(
      decide(failed, await only('create index concurrently i on t (a)'), found, 'probe', own),
    ).toMatchObject({ action: 'run', clear: [DROP, 'DROP INDEX CONCURRENTLY "s"."old";'] })
    expect(decide(failed, await only('select 1'), undefined, 'skip', own)).toMatchObject({ kind: 'refuse' })
  })

  it('is not skipped while something is left of it', async () => {
    const found = look([t, index(false)], { invalid: [invalid('i')] })
    const verdict = decide(failed, await only('create index concurrently i on t (a)'), found, 'skip')
    expect(verdict).toMatchObject({ kind: 'refuse' })
    expect(verdict.reason).toContain(DROP)
  })
})

describe('a migration that stopped between two statements', () => {
  it('goes on with the next, and has nothing to skip', async () => {
    const between = record({ done: 1, inDoubt: undefined })
    const statement = await only('call p()')
    expect(decide(between, statement, undefined, 'probe')).toMatchObject({ statement: 2, action: 'run' })
    expect(decide(between, statement, undefined, 'skip')).toMatchObject({ kind: 'refuse' })
  })
})

describe('the finding', () => {
  const about = { version: '1', name: 'm' }

  it('names the command of the direction that stopped', () => {
    expect(incompleteFinding(about, record()).hint).toContain('sqlmig up --resume')
    expect(incompleteFinding(about, record({ action: 'revert' })).hint).toContain('sqlmig down --resume')
  })

  it('keeps a long statement short', () => {
    const statement = { text: `select\n  '${'x'.repeat(1000)}'`, position: undefined, excerpt: undefined }
    const finding = incompleteFinding(about, record(), { leftovers: [], statement })
    expect(finding.facts?.['statement']).toMatch(/^select 'x+…$/)
    expect(String(finding.facts?.['statement']).length).toBe(80)
  })
})
