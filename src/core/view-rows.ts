import { type CatalogObject, type CatalogSnapshot, type ObjectKey, objectKey, textFact } from './catalog.ts'
import { lastPart, wholeWord } from './object-name.ts'

/** The statement that fills a materialized view again. */
export function refreshSql(view: string): string {
  return `REFRESH MATERIALIZED VIEW ${view}`
}

/** Facts that say what the rows of a view are made of. */
const DEFINITIONS = ['definition', 'body', 'sqlBody']

/** Kinds that rows come from or pass through. */
const SOURCES = ['table', 'foreign-table', 'view', 'materialized-view', 'function'] as const

/**
 * What the rows of a materialized view are made of, as far as definitions name it: tables with their partitions and children, views, and
 * functions with what these name in turn.
 */
export function sourcesOf(view: CatalogObject, { objects }: CatalogSnapshot): ReadonlySet<ObjectKey> {
  const candidates = [...objects.values()].filter(({ kind }) => SOURCES.some((source) => source === kind))
  const found = new Set<ObjectKey>([objectKey(view)])
  const waiting: CatalogObject[] = [view]
  for (let holder = waiting.pop(); holder !== undefined; holder = waiting.pop()) {
    for (const object of candidates) {
      if (found.has(objectKey(object)) || !isSource(object, holder)) continue
      found.add(objectKey(object))
      waiting.push(object)
    }
  }
  found.delete(objectKey(view))
  return found
}

function isSource(object: CatalogObject, holder: CatalogObject): boolean {
  if (holder.kind === 'table') return object.parent === objectKey(holder) || inherits(object, holder.name)
  const text = DEFINITIONS.map((fact) => textFact(holder, fact) ?? '').join('\n')
  const name = object.name.replace(/\(.*\)$/s, '')
  // The body of a function is written for its search path.
  const sought = holder.kind === 'function' ? (lastPart(name) ?? name) : name
  return text.length > sought.length && wholeWord(sought).test(text)
}

function inherits({ facts }: CatalogObject, parent: string): boolean {
  const parents = facts['inherits']
  return parents !== undefined && [parents].flat().includes(parent)
}
