import { describe, expect, it } from 'vitest'
import { makePlan, type PlanRequest } from '../../src/core/plan.ts'

describe('a request that no type checker saw', () => {
  const steps = (count: number) => ({ kind: 'steps', count }) as const
  it.each<[string, unknown]>([
    ['down by a negative number', { kind: 'down', to: steps(-1) }],
    ['up by nothing', { kind: 'up', to: steps(0) }],
    ['redo of half a migration', { kind: 'redo', count: 0.5 }],
    ['redo of something else', { kind: 'redo', count: '2' }],
    ['goto a number', { kind: 'goto', version: 3 }],
    ['down to a name', { kind: 'down', to: { kind: 'version', version: 'first' } }],
  ])('%s is a mistake of the caller', (_name, request) => {
    expect(() => makePlan(request as PlanRequest, [])).toThrow(
      expect.objectContaining({ code: 'USAGE', exitCode: 2 }),
    )
  })
})
