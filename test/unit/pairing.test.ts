import { dirname } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { checksumOf } from '../../src/core/checksum.ts'
import { hasErrors } from '../../src/core/finding.ts'
import { nextVersion, pairFiles, type SourceFile } from '../../src/core/migration.ts'
import { bytes, codes, realScripts, source } from './values.ts'

const UP = 'create table t ()'
const DOWN = 'drop table t'
const pair = (stem: string, up = UP, down = DOWN) => [
  source(`${stem}.up.sql`, up),
  source(`${stem}.down.sql`, down),
]
const unreadable = (file: string): SourceFile => ({ file, problem: 'is a symbolic link' })
const versions = (files: readonly SourceFile[]) => pairFiles(files).migrations.map(({ version }) => version)

describe('a sound folder', () => {
  it('gives its pairs in the order of their numbers, whatever order they come in', () => {
    const stems = ['1_a', '002_b', '10_c', '0100_d', '20240101120000_e', `${'9'.repeat(40)}_f`]
    fc.assert(
      fc.property(
        fc.shuffledSubarray(
          stems.flatMap((stem) => pair(stem)),
          { minLength: 12 },
        ),
        (files) => {
          const folder = pairFiles(files)
          expect(folder.findings).toEqual([])
          expect(folder.migrations.map(({ version, name }) => `${version}_${name}`)).toEqual(stems)
        },
      ),
    )
  })

  it('gives texts as they are sent, with the checksums of exactly these', () => {
    const [found] = pairFiles([
      { file: '1_a-B_2.up.sql', bytes: bytes(`\ufeff${UP};\r\n`) },
      source('1_a-B_2.down.sql', DOWN),
    ]).migrations
    expect(found).toMatchObject({
      version: '1',
      name: 'a-B_2',
      up: { file: '1_a-B_2.up.sql', text: `${UP};\n`, checksum: checksumOf(`${UP};\n`), blank: false },
      down: { text: DOWN, checksum: checksumOf(DOWN) },
    })
  })

  it('may be empty', () => {
    expect(pairFiles([])).toEqual({ migrations: [], findings: [], pins: [] })
  })
})

describe('file names', () => {
  it.each([
    ...[
      '1.up.sql',
      '1_.up.sql',
      '_a.up.sql',
      'a.sql',
      '1_a.sql',
      '1_a.UP.sql',
      '1_a.up.SQL',
      '1-a.up.sql',
      '1_a.up.sql\n',
    ],
    ...[
      '1_-a.up.sql',
      '1__a.up.sql',
      '1_é.up.sql',
      '1_a b.up.sql',
      ' 1_a.up.sql',
      'v1_a.up.sql',
      '-1_a.up.sql',
      '１_a.up.sql',
      '1_a.up.down.sql',
    ],
  ])('%j is ignored with a warning', (file) => {
    expect(pairFiles([source(file)])).toMatchObject({
      migrations: [],
      findings: [{ code: 'FILE_IGNORED', severity: 'warning', location: { file } }],
    })
  })
})

describe('one number for two migrations', () => {
  it.each([
    ['two spellings of the number', [...pair('010_a'), ...pair('10_a')]],
    ['two names', [...pair('001_a'), ...pair('001_b')]],
    ['two names that differ in case', [...pair('001_a'), ...pair('001_A')]],
    ['the up of one and the down of another', [source('001_a.up.sql'), source('001_b.down.sql')]],
    ['a down of a third', [...pair('001_b'), source('001_a.down.sql')]],
    ['an up spelt differently from its down', [source('01_a.up.sql'), source('1_a.down.sql')]],
    ['one that cannot be read', [...pair('001_b'), unreadable('1_c.up.sql')]],
  ])('is one error: %s', (_what, files) => {
    const { findings, migrations } = pairFiles(files)
    const duplicates = findings.filter(({ code }) => code === 'VERSION_DUPLICATE')
    expect(duplicates).toMatchObject([{ severity: 'error' }])
    for (const { file } of files) expect(duplicates[0]?.message).toContain(file)
    expect(codes(findings).filter((code) => code === 'UP_MISSING' || code === 'DOWN_MISSING')).toEqual([])
    expect(migrations).toHaveLength(1)
  })
})

describe('an incomplete pair', () => {
  it('without its up is an error and no migration', () => {
    expect(pairFiles([source('001_a.down.sql', DOWN)])).toMatchObject({
      migrations: [],
      findings: [{ code: 'UP_MISSING', severity: 'error', version: '001', name: 'a' }],
    })
  })

  it('without its down is an error', () => {
    const { findings, migrations } = pairFiles([source('001_a.up.sql', UP)])
    expect(findings).toMatchObject([
      { code: 'DOWN_MISSING', severity: 'error', location: { file: '001_a.up.sql' } },
    ])
    expect(migrations).toMatchObject([{ version: '001', down: undefined }])
  })

  it.each(['', ' \n\t', '-- nothing to do', '/* /* */ drop table t; */', ';;', '\ufeff'])(
    'with the blank down %j is an error',
    (down) => {
      expect(pairFiles(pair('001_a', UP, down)).findings).toMatchObject([
        { code: 'DOWN_MISSING', severity: 'error', location: { file: '001_a.down.sql' } },
      ])
    },
  )

  it.each([
    'insert into t values (1)',
    '-- c\nUPDATE t set a = 1; delete from t',
    'with x as (select 1) select 1',
  ])('with a blank down after %j, which changes only rows, is a warning', (up) => {
    expect(pairFiles(pair('001_a', up, '')).findings).toMatchObject([
      { code: 'DOWN_MISSING', severity: 'warning' },
    ])
  })

  it('with a blank down is an error as soon as one statement changes the schema', () => {
    const up = "insert into t values ('a;b'); drop table u"
    expect(pairFiles(pair('001_a', up, '')).findings).toMatchObject([
      { code: 'DOWN_MISSING', severity: 'error' },
    ])
  })

  it('of two blank files is a warning only', () => {
    expect(pairFiles(pair('001_a', '-- up', '-- down')).findings).toMatchObject([{ severity: 'warning' }])
  })
})

describe('an irreversible migration', () => {
  const up = `-- sqlmig: irreversible it drops data\n${UP}`

  it.each([
    ['no down', [source('001_a.up.sql', up)]],
    ['a blank down', pair('001_a', up, '-- none')],
  ])('needs no down and takes %s', (_what, files) => {
    const { findings, migrations } = pairFiles(files)
    expect(findings).toEqual([])
    expect(migrations[0]?.up.directives.irreversible).toBe('it drops data')
  })

  it('with statements in its down is doubtful', () => {
    expect(pairFiles(pair('001_a', up)).findings).toMatchObject([
      { code: 'DIRECTIVE_INVALID', severity: 'warning', location: { file: '001_a.up.sql' } },
    ])
  })

  it('has to say so in the up, before the first statement', () => {
    const files = pair('001_a', `${UP};\n-- sqlmig: irreversible late`, '-- sqlmig: irreversible here')
    expect(codes(pairFiles(files).findings)).toEqual(['DIRECTIVE_INVALID', 'DOWN_MISSING'])
  })
})

describe('what cannot be read', () => {
  it.each(['001_a.down.sql', 'notes.sql', '001_a.up.sql'])(
    '%s is an error and nothing else about it is guessed',
    (file) => {
      const { findings } = pairFiles([...pair('001_a').filter((one) => one.file !== file), unreadable(file)])
      expect(findings).toMatchObject([{ code: 'FILE_UNREADABLE', severity: 'error', location: { file } }])
      expect(findings[0]?.message).toBe(`${file} is a symbolic link`)
    },
  )

  it.each([
    ['invalid UTF-8', [0x61, 0xff], 'not UTF-8', 1],
    ['a NUL byte', [0x61, 0x62, 0], 'NUL', 2],
  ])('%s is an error with the offset of its byte', (_what, data, word, byteOffset) => {
    const file = { file: '001_a.up.sql', bytes: new Uint8Array(data) }
    const { findings, migrations } = pairFiles([file, source('001_a.down.sql', DOWN)])
    expect(findings).toMatchObject([
      { code: 'ENCODING_INVALID', severity: 'error', version: '001', name: 'a', facts: { byteOffset } },
    ])
    expect(findings[0]?.message).toContain(word)
    expect(migrations).toEqual([])
  })

  it('does not hide what is wrong elsewhere', () => {
    const { findings } = pairFiles([
      unreadable('001_a.up.sql'),
      source('002_b.up.sql', '\\i x'),
      source('002_b.down.sql', ''),
      source('x.sql'),
    ])
    expect(codes(findings)).toEqual(['FILE_UNREADABLE', 'META_COMMAND', 'FILE_IGNORED', 'DOWN_MISSING'])
    expect(findings[1]).toMatchObject({ version: '002', name: 'b' })
  })
})

describe('real folders', () => {
  it('hold no error', () => {
    const scripts = realScripts().map((one) => ({ ...one, folder: dirname(one.path) }))
    for (const folder of new Set(scripts.map((one) => one.folder))) {
      const files = scripts.filter((one) => one.folder === folder)
      const { findings, migrations } = pairFiles(files.map(({ file, text }) => source(file, text)))
      expect(hasErrors(findings), folder).toBe(false)
      expect(migrations.length, folder).toBeGreaterThan(0)
    }
  })
})

describe('the next version', () => {
  const now = '20250101000000'
  const next = (...stems: string[]) =>
    nextVersion(
      stems.map((stem) => source(`${stem}.up.sql`)),
      now,
    )

  it.each([
    [[], '001'],
    [['001_a', '002_b'], '003'],
    [['002_b', '001_a'], '003'],
    [['9_a'], '10'],
    [['009_a', '10_b'], '11'],
    [['999_a'], '1000'],
    [['0041_a'], '0042'],
    [['20240101000000_a'], now],
    [['20250101000000_a'], '20250101000001'],
    [['20990101000000_a'], '20990101000001'],
    [['20240101000000_a', '001_b'], now],
    [[`${'9'.repeat(40)}_a`], `1${'0'.repeat(40)}`],
  ])('after %j is %s', (stems, expected) => {
    expect(next(...stems)).toBe(expected)
  })

  it('counts files that cannot be read, and no others', () => {
    expect(nextVersion([unreadable('007_a.up.sql'), source('100.sql'), source('090_x.sql')], now)).toBe('008')
  })

  it('is always greater than all others and fits the pattern', () => {
    fc.assert(
      fc.property(fc.array(fc.stringMatching(/^\d{1,16}$/), { minLength: 1 }), (list) => {
        const found = next(...list.map((version) => `${version}_a`))
        expect(versions([...pair(`${found}_b`)])).toEqual([found])
        for (const version of list) expect(BigInt(found) > BigInt(version)).toBe(true)
      }),
    )
  })
})
