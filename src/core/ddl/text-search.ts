import { type CatalogObject, kindInWords, listFact, textFact } from '../catalog.ts'
import { only, parameters } from './routine-text.ts'
import type { DdlWriter } from './writer.ts'

function target({ kind, name }: CatalogObject): string {
  return `${kindInWords(kind).toUpperCase()} ${name}`
}

function drop(object: CatalogObject): readonly string[] {
  return [`DROP ${target(object)}`]
}

export const textSearchConfigurationDdl: DdlWriter = {
  target,
  create: (configuration) => [
    `CREATE ${target(configuration)} (PARSER = ${textFact(configuration, 'parser')})`,
    ...listFact(configuration, 'mappings').map(
      (mapping) => `ALTER ${target(configuration)} ADD MAPPING FOR ${mapping}`,
    ),
  ],
  drop,
  alter(from, to, changed) {
    if (!only(changed, ['mappings'])) return undefined
    const before = listFact(from, 'mappings')
    const after = listFact(to, 'mappings')
    const has = (list: readonly string[], token: string) => list.some((mapping) => tokenOf(mapping) === token)
    const gone = before.map(tokenOf).filter((token) => !has(after, token))
    const changes = after
      .filter((mapping) => !before.includes(mapping))
      .map((mapping) => `${has(before, tokenOf(mapping)) ? 'ALTER' : 'ADD'} MAPPING FOR ${mapping}`)
    return [...gone.map((token) => `DROP MAPPING FOR ${token}`), ...changes].map(
      (clause) => `ALTER ${target(to)} ${clause}`,
    )
  },
}

/** `asciiword` of `asciiword WITH app.dict, pg_catalog.simple`. */
function tokenOf(mapping: string): string {
  return /^(?:"(?:[^"]|"")*"|[^" ]+)/.exec(mapping)?.[0] ?? mapping
}

export const textSearchDictionaryDdl: DdlWriter = {
  target,
  create(dictionary) {
    const options = textFact(dictionary, 'options')
    const more = options === undefined ? '' : `, ${options}`
    return [`CREATE ${target(dictionary)} (TEMPLATE = ${textFact(dictionary, 'template')}${more})`]
  },
  drop,
  alter(from, to, changed) {
    if (!only(changed, ['options'])) return undefined
    const before = dictionaryOptions(from)
    const after = dictionaryOptions(to)
    const names = after.map(nameOfOption)
    const gone = before.map(nameOfOption).filter((name) => !names.includes(name))
    // An option without a value is removed (manual, ALTER TEXT SEARCH DICTIONARY).
    const clauses = [...gone, ...after.filter((option) => !before.includes(option))]
    // Which of two options comes first is not for ALTER to change.
    return clauses.length > 0 ? [`ALTER ${target(to)} (${clauses.join(', ')})`] : undefined
  },
}

/** Each `name = value` of dictinitoption, where a text is quoted. */
function dictionaryOptions(dictionary: CatalogObject): readonly string[] {
  const options = textFact(dictionary, 'options') ?? ''
  return options.match(/(?:"(?:[^"]|"")*"|[^" =,]+) = (?:E?'(?:[^'\\]|''|\\.)*'|[^,]+)/g) ?? []
}

function nameOfOption(option: string): string {
  return /^(?:"(?:[^"]|"")*"|[^" =]+)/.exec(option)?.[0] ?? option
}

export const textSearchParserDdl: DdlWriter = {
  target,
  create: (parser) => [created(parser, ['start', 'gettoken', 'end', 'headline', 'lextypes'])],
  drop,
  alter: () => undefined,
}

export const textSearchTemplateDdl: DdlWriter = {
  target,
  create: (template) => [created(template, ['init', 'lexize'])],
  drop,
  alter: () => undefined,
}

function created(object: CatalogObject, facts: readonly string[]): string {
  return `CREATE ${target(object)} (${parameters(facts.map((fact) => [fact, textFact(object, fact)]))})`
}
