import { type CatalogObject, textFact } from '../catalog.ts'
import type { DdlWriter } from './writer.ts'

/** Statistics objects of CREATE STATISTICS. */
export const statisticsDdl: DdlWriter = {
  target: (statistics) => `STATISTICS ${statistics.name}`,
  create: (statistics) => [
    textFact(statistics, 'definition') ?? '',
    ...(textFact(statistics, 'target') === undefined ? [] : [setTarget(statistics)]),
  ],
  drop: (statistics) => [`DROP STATISTICS ${statistics.name}`],
  alter: (_from, to, changed) => (changed.every((fact) => fact === 'target') ? [setTarget(to)] : undefined),
}

/** -1 is the default in all versions; the key word came with 17. */
function setTarget(statistics: CatalogObject): string {
  return `ALTER STATISTICS ${statistics.name} SET STATISTICS ${textFact(statistics, 'target') ?? '-1'}`
}
