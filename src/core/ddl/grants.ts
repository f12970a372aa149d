/** What is granted on: `GRANT SELECT ON TABLE app.users`, `GRANT SELECT (email) ON app.users`. */
export interface GrantTarget {
  /** What comes after ON. */
  readonly on: string
  readonly column?: string
}

interface Entry {
  /** A quoted role, or PUBLIC. */
  readonly grantee: string
  readonly privilege: string
  readonly grantable: boolean
  /** Who granted it; undefined: the owner. */
  readonly grantor: string | undefined
}

interface Change {
  readonly entry: Entry
  readonly action: 'grant' | 'revoke' | 'revoke-option'
}

const ENTRY = /^([+-])("(?:[^"]|"")*"|[^"=]+)=([A-Z ]+)(\*?)(?:\/(.+))?$/s

/**
 * The statements that bring the privileges from one fact to another. What depends on a grant option is revoked before it and granted
 * after it. Only its grantor can grant or revoke a privilege under its own name (manual, REVOKE), so that is done in that role.
 */
export function grantStatements(
  target: GrantTarget,
  from: readonly string[],
  to: readonly string[],
): readonly string[] {
  const { revoked, granted } = changes(from, to)
  const depth = depths([...from, ...to])
  return [
    ...grouped(target, revoked, (entry) => -depth(entry)),
    ...grouped(target, granted, (entry) => depth(entry)),
  ]
}

/**
 * What the fact says after ALTER … OWNER TO: the server puts the new owner in the place of the old one, as grantee and as grantor
 * (aclnewowner, src/backend/utils/adt/acl.c), and what the new owner had been granted is a part of what an owner has.
 */
export function afterOwnerChange(entries: readonly string[], from: string, to: string): readonly string[] {
  const moved = entries.map(parse).map(({ sign, entry }) => ({
    sign,
    ...entry,
    grantee: entry.grantee === from ? to : entry.grantee,
    grantor: entry.grantor === to ? undefined : entry.grantor,
  }))
  const isOwn = (one: Entry) => one.grantee === to && one.grantor === undefined
  const own = moved.filter(isOwn)
  const privilegesOf = (sign: string, grantable: boolean) =>
    own.filter((one) => one.sign === sign && one.grantable === grantable).map((one) => one.privilege)
  const plain = new Set(privilegesOf('+', false))
  const grantable = privilegesOf('+', true)
  // a grant option takes the place of the default, which has none
  const missing = new Set([...privilegesOf('-', false).filter((one) => !plain.has(one)), ...grantable])
  return [
    ...moved.filter((one) => !isOwn(one)).map((one) => format(one.sign, one)),
    ...grantable.map((privilege) => `+${to}=${privilege}*`),
    ...[...missing].map((privilege) => `-${to}=${privilege}`),
  ]
}

function changes(from: readonly string[], to: readonly string[]) {
  const revoked: Change[] = []
  const granted: Change[] = []
  const had = new Set(from)
  const has = new Set(to)
  const lose = from.filter((text) => !has.has(text)).map((text) => ({ ...parse(text), back: true }))
  const gain = to.filter((text) => !had.has(text)).map((text) => ({ ...parse(text), back: false }))
  const all = [...lose, ...gain]
  const isGrant = ({ sign, back }: { sign: string; back: boolean }) => (sign === '+') !== back
  for (const change of all) {
    const { entry } = change
    const other = all.find(
      (one) => one !== change && isSame(one.entry, entry) && isGrant(one) !== isGrant(change),
    )
    if (isGrant(change)) {
      if (entry.grantable || other === undefined) granted.push({ entry, action: 'grant' })
    } else if (other === undefined) revoked.push({ entry, action: 'revoke' })
    else if (entry.grantable) revoked.push({ entry, action: 'revoke-option' })
  }
  return { revoked, granted }
}

function isSame(a: Entry, b: Entry): boolean {
  return a.grantee === b.grantee && a.privilege === b.privilege && a.grantor === b.grantor
}

/** How many grant options a privilege rests on. */
function depths(texts: readonly string[]): (entry: Entry) => number {
  const entries = texts.map((text) => parse(text).entry)
  const depth = (entry: Entry, seen: readonly string[]): number => {
    const { grantor } = entry
    if (grantor === undefined || seen.includes(grantor)) return 0
    const source = entries.find(
      (one) => one.grantable && one.grantee === grantor && one.privilege === entry.privilege,
    )
    return source === undefined ? 1 : 1 + depth(source, [...seen, grantor])
  }
  return (entry) => depth(entry, [])
}

/** Statements for changes that differ in nothing but the privilege are one. */
function grouped(
  target: GrantTarget,
  all: readonly Change[],
  rank: (entry: Entry) => number,
): readonly string[] {
  const groups = new Map<string, Change[]>()
  for (const change of all.toSorted((a, b) => rank(a.entry) - rank(b.entry))) {
    const { grantee, grantable, grantor } = change.entry
    const key = JSON.stringify([rank(change.entry), change.action, grantee, grantable, grantor])
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [change])
    else group.push(change)
  }
  return [...groups.values()].flatMap((group) => statements(target, group))
}

function statements({ on, column }: GrantTarget, group: readonly Change[]): readonly string[] {
  const [first] = group
  if (first === undefined) return []
  const { grantee, grantable, grantor } = first.entry
  const list = group
    .map(({ entry }) => (column === undefined ? entry.privilege : `${entry.privilege} (${column})`))
    .join(', ')
  const sql =
    first.action === 'grant'
      ? `GRANT ${list} ON ${on} TO ${grantee}${grantable ? ' WITH GRANT OPTION' : ''}`
      : `REVOKE ${first.action === 'revoke-option' ? 'GRANT OPTION FOR ' : ''}${list} ON ${on} FROM ${grantee}`
  return grantor === undefined ? [sql] : [`SET ROLE ${grantor}`, sql, 'RESET ROLE']
}

function parse(text: string): { readonly sign: '+' | '-'; readonly entry: Entry } {
  const match = ENTRY.exec(text)
  if (match === null) throw new Error(`not a privilege: ${text}`)
  const [, sign, grantee = '', privilege = '', star, grantor] = match
  return { sign: sign === '+' ? '+' : '-', entry: { grantee, privilege, grantable: star === '*', grantor } }
}

function format(sign: string, { grantee, privilege, grantable, grantor }: Entry): string {
  return `${sign}${grantee}=${privilege}${grantable ? '*' : ''}${grantor === undefined ? '' : `/${grantor}`}`
}
