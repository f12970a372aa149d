import { describe, expect, it } from 'vitest'
import type { SqlmigEvent } from '../../src/core/run.ts'
import { createHtmlReporter } from '../../src/reporters/html.ts'
import { createMarkdownReporter } from '../../src/reporters/markdown.ts'
import { FAILED_UP, NO_RUN, written } from '../support/reporters.ts'
import { evilRun, MIXED_RUN, passingRun } from '../support/roundtrip-events.ts'
import { elementsOf, parseXml } from '../support/xml.ts'

describe('the Markdown reporter', () => {
  const markdown = (events: readonly SqlmigEvent[]) => written(createMarkdownReporter, events).data

  it('has summary, findings and a table', () => {
    const text = markdown(MIXED_RUN)
    expect(text).toMatch(/^## ❌ sqlmig roundtrip\n\n8 migrations, 2 passed, 3 failed/)
    expect(text).toContain(
      '### 003 add_tasks · `sql/003_add_tasks.up.sql`\n\n❌ **ROUNDTRIP_LEFTOVER** the down',
    )
    expect(text).toContain(
      'The down lacks (tried: it brings everything back):\n\n```sql\nDROP TYPE app.taskstatus;\n```',
    )
    expect(text).toContain('```diff\n- type: character varying(320)\n+ type: text\n')
    expect(text).toContain('| ✓ | 001 create_app | 12 ms | 4 ms | 9 ms | 31 ms |  |\n')
    expect(text).toContain('| – | 007 drop_legacy | 8 ms |  |  | 14 ms | irreversible: the old orders')
    expect(text.match(/<details>/g)?.length).toBe(text.match(/<\/details>/g)?.length)
  })

  it('shows other commands and their errors', () => {
    expect(markdown(FAILED_UP)).toContain('❌ **STATEMENT_FAILED** column "nope" does not exist')
    expect(markdown(FAILED_UP)).toContain('| ✓ | apply 001 a | 1.5 s |  |\n')
    expect(markdown(NO_RUN)).toMatch(/^## ❌ sqlmig\n\n/)
  })

  it('lets nothing out of its place', () => {
    const fences = /^(`{3,})(?:sql|diff|text)\n[\s\S]*?\n\1$/gm
    const spans = /(?<![\\`])(`+)(?!`).*?(?<!`)\1(?!`)/g
    const outside = markdown(evilRun()).replace(fences, '').replace(spans, '')
    // What is left are lines of ours, in which nothing of theirs means anything.
    expect(outside).not.toContain('<script')
    expect(outside).not.toMatch(/(?<!\\)\*\*b/)
    expect(outside).not.toMatch(/^\s*(?:::|##\[)/m)
    expect(outside.match(/<\/details>/g)?.length).toBe(outside.match(/<details>/g)?.length)
    expect(outside).not.toContain('@org')
    const rows = outside.split('\n').filter((line) => line.startsWith('|'))
    for (const row of rows) expect(row.replaceAll('\\|', '').match(/\|/g)).toHaveLength(8)
  })
})

describe('the HTML reporter', () => {
  const html = (events: readonly SqlmigEvent[]) => written(createHtmlReporter, events).data
  const page = (events: readonly SqlmigEvent[]) =>
    parseXml(html(events).replace('<!doctype html>\n', '').trimEnd())
  const withClass = (events: readonly SqlmigEvent[], element: string, name: string) =>
    elementsOf(page(events), element).filter(({ attributes }) =>
      attributes['class']?.split(' ').includes(name),
    )

  it('has a rung for every migration, and a card for every finding', () => {
    const rungs = withClass(MIXED_RUN, 'svg', 'rung')
    expect(rungs.map(({ attributes }) => attributes['class'])).toEqual([
      'rung passed',
      'rung passed',
      'rung failed',
      'rung failed',
      'rung failed',
      'rung warned',
      'rung irreversible',
      'rung not-walked',
    ])
    expect(rungs.map((rung) => elementsOf(rung, 'title')[0]?.text)[6]).toBe(
      '007 drop_legacy: irreversible, the old orders are gone for good, 14 ms',
    )
    expect(withClass(MIXED_RUN, 'article', 'finding')).toHaveLength(7)
    expect(elementsOf(page(MIXED_RUN), 'h1')[0]?.text).toBe('3 of 8 migrations do not come back')
  })

  it('shows both definitions beside each other, line by line, and the SQL', () => {
    const [, changed] = withClass(MIXED_RUN, 'div', 'sides')
    const side = (name: string) =>
      elementsOf(changed!, 'code').flatMap(({ attributes, text }) => {
        const [where, role] = attributes['class']!.split(' ')
        return where === name ? [[role, text]] : []
      })
    const sides = [side('before'), side('after')]
    expect(sides).toEqual([
      [
        ['removed', 'type: character varying(320)'],
        ['same', 'collation: "C"'],
        ['removed', "default: ''::character varying"],
        ['same', 'not null: yes'],
        ['same', 'position: 2'],
        ['filler', ''],
      ],
      [
        ['added', 'type: text'],
        ['same', 'collation: "C"'],
        ['filler', ''],
        ['same', 'not null: yes'],
        ['same', 'position: 2'],
        ['added', 'storage: extended'],
      ],
    ])
    expect(withClass(MIXED_RUN, 'pre', 'sql')[0]?.text).toBe('DROP TYPE app.taskstatus;')
  })

  it('links lead somewhere, and every id is there once', () => {
    for (const events of [MIXED_RUN, FAILED_UP, passingRun(1), passingRun(200)]) {
      const text = html(events)
      const ids = [...text.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id)
      expect(new Set(ids).size).toBe(ids.length)
      for (const [, target] of text.matchAll(/ href="([^"]+)"/g)) expect(ids).toContain(target?.slice(1))
    }
  })

  it('needs nothing from elsewhere and runs no script', () => {
    for (const events of [MIXED_RUN, FAILED_UP, NO_RUN, passingRun(200), evilRun()]) {
      const root = page(events)
      for (const name of ['script', 'link', 'img', 'iframe', 'object', 'details'])
        expect(elementsOf(root, name)).toEqual([])
      expect(html(events)).not.toMatch(/https?:|url\(|@import| on\w+="/)
      expect(html(events)).toContain(`content="default-src 'none'; style-src 'unsafe-inline'"`)
    }
  })

  it('shows what others wrote as text', () => {
    const root = page(evilRun())
    expect(elementsOf(root, 'h4')[0]?.text).toMatch(
      /^<script>alert\(1\)<\/script>\]\]>&"'\\u001b\[2J\\u202e\n::error/,
    )
    expect(elementsOf(root, 'title')[0]?.text).toBe('sqlmig roundtrip: The run was stopped')
  })

  it('shows other commands', () => {
    expect(withClass(FAILED_UP, 'ol', 'units')[0]?.text).toContain('apply 002 b')
    expect(withClass(FAILED_UP, 'svg', 'picture')).toEqual([])
    expect(withClass(passingRun(1), 'svg', 'rung')).toHaveLength(1)
    expect(elementsOf(page(passingRun(3)), 'h1')[0]?.text).toBe('All 3 migrations come back')
  })
})
