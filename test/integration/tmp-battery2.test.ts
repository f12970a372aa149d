import { describe, expect, it } from 'vitest'
import { walkWithPgDump, whyNotHere } from '../support/battery-pg-dump.ts'
const mods = (process.env.MODS ?? '').split(',')
for (const m of mods) {
  const all = Object.values(await import(`../fixtures/roundtrip-battery/${m}.ts`)).flat() as any[]
  describe.concurrent(m, () => {
    for (const one of all)
      it(one.name, async ({ skip }) => {
        const because = await whyNotHere(one)
        if (because !== undefined) skip(because)
        const again = one.expect === undefined ? 'again' : 'once'
        const w = await walkWithPgDump(one, again)
        if (again === 'again') {
          expect(w.afterDown).toBe(w.before)
          if (one.upsDiffer === undefined) expect(w.afterUpAgain).toBe(w.afterUp)
          return
        }
        const diff = (a: string, b: string) => {
          const B = new Map<string, number>(); for (const l of b.split('\n')) B.set(l, (B.get(l) ?? 0) + 1)
          return a.split('\n').filter((l) => { const n = B.get(l) ?? 0; if (n > 0) { B.set(l, n - 1); return false } return true })
        }
        const d = [...diff(w.before, w.afterDown).map((l) => `- ${l}`), ...diff(w.afterDown, w.before).map((l) => `+ ${l}`)].filter((l) => !/^. (--.*)?$/.test(l))
        if (process.env.SHOW) console.log(`## ${one.name}\n${d.join('\n')}`)
        if (one.invisibleToPgDump === undefined) expect(w.afterDown).not.toBe(w.before)
        else expect(w.afterDown).toBe(w.before)
      })
  })
}
