import { describe, expect, it } from 'vitest'
import { type Selection, selectMigrations } from '../../src/core/selection.ts'
import { migration } from './values.ts'

const all = ['001', '2', '010', '20260101000000'].map((version) => migration(version))
const versions = (selection: Selection) => selectMigrations(all, selection).map(({ version }) => version)

describe('a selection', () => {
  it('is everything by default, in the order of the folder', () => {
    expect(versions({})).toEqual(['001', '2', '010', '20260101000000'])
    expect(versions({ versions: [] })).toEqual(versions({}))
  })

  it('names versions as numbers, however they are written', () => {
    expect(versions({ versions: ['10', '1'] })).toEqual(['001', '010'])
    expect(versions({ versions: ['0002', '2'] })).toEqual(['2'])
  })

  it('goes from one version to another, both included', () => {
    expect(versions({ from: '2' })).toEqual(['2', '010', '20260101000000'])
    expect(versions({ to: '002' })).toEqual(['001', '2'])
    expect(versions({ from: '2', to: '10' })).toEqual(['2', '010'])
  })

  it('takes the migrations of files, by either file', () => {
    expect(versions({ files: ['001_m.down.sql', '010_m.up.sql', 'README.md'] })).toEqual(['001', '010'])
    expect(versions({ files: [] })).toEqual([])
    expect(versions({ files: ['sub/001_m.up.sql'] })).toEqual([])
  })

  it('is what all conditions agree on', () => {
    expect(
      versions({ versions: ['1', '2', '10'], from: '2', files: ['010_m.up.sql', '001_m.up.sql'] }),
    ).toEqual(['010'])
  })

  it.each([
    [{ from: '10', to: '2' }, 'no migration is selected: there is none in from 10 to 2'],
    [{ versions: ['1', '2'], from: '10' }, 'no migration is selected: there is none in 1, 2 from 10'],
  ])('that leaves nothing is refused: %j', (selection, message) => {
    expect(() => versions(selection)).toThrow(
      expect.objectContaining({ code: 'USAGE', exitCode: 2, message }),
    )
  })

  it('of no migrations is none', () => {
    expect(selectMigrations([], {})).toEqual([])
  })

  it.each([{ versions: ['1', '3'] }, { from: '3' }, { to: '3' }])(
    'of an unknown version %j is refused',
    (selection) => {
      expect(() => versions(selection)).toThrow(
        expect.objectContaining({ code: 'VERSION_UNKNOWN', exitCode: 2, message: 'there is no migration 3' }),
      )
    },
  )
})
