import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { inject } from 'vitest'
import { splitLexically } from '../../src/core/split.ts'
import type { CorrectCase } from '../fixtures/roundtrip-battery/case.ts'
import { type Sql, serverVersion, withConnection } from './connect.ts'
import { createTestDatabase } from './database.ts'

const run = promisify(execFile)

/** Why pg_dump cannot judge the battery here; undefined when it can. */
export async function whyNoPgDump(): Promise<string | undefined> {
  const server = Number.parseInt(await serverVersion(inject('serverUrl'), 10_000), 10)
  const client = await pgDumpMajor()
  if (client === undefined) return 'pg_dump is not in PATH'
  if (client < server) return `pg_dump ${client} cannot read a server of version ${server}`
  return undefined
}

async function pgDumpMajor(): Promise<number | undefined> {
  try {
    const { stdout } = await run('pg_dump', ['--version'])
    return Number.parseInt(stdout.replace(/^\D*/, ''), 10)
  } catch {
    return undefined
  }
}

/** Why a case makes no sense on the test server; undefined when it does. */
export async function whyNotHere({ needs = {} }: CorrectCase): Promise<string | undefined> {
  const url = inject('serverUrl')
  const major = Number.parseInt(await serverVersion(url, 10_000), 10)
  const { minMajor = 0, maxMajor = Number.POSITIVE_INFINITY, extension } = needs
  if (major < minMajor) return `needs PostgreSQL ${minMajor} or later`
  if (major > maxMajor) return `needs PostgreSQL ${maxMajor} or earlier`
  if (extension === undefined) return undefined
  const found = await withConnection(
    url,
    (sql) => sql`select from pg_available_extensions where name = ${extension}`,
  )
  return found.length > 0 ? undefined : `needs the extension ${extension}`
}

/** What pg_dump and the catalogs of the whole server say at each step. */
export interface DumpedWalk {
  readonly before: string
  readonly afterUp: string
  readonly afterDown: string
  /** Undefined when the up was not asked for again. */
  readonly afterUpAgain: string | undefined
}

/** Walks a case in a database of its own; `again` repeats the up, takes everything down and expects an empty database. */
export async function walkWithPgDump(given: CorrectCase, again: 'again' | 'once'): Promise<DumpedWalk> {
  const one = withOwnRoles(given)
  const release = await turn()
  const roles = rolesOf(one)
  try {
    await dropRoles(roles)
    const database = await createTestDatabase({ cleanup: 'manual' })
    try {
      return await walk(database.url, one, again, roles)
    } finally {
      await database.drop()
      await dropRoles(roles)
    }
  } finally {
    release()
  }
}

async function walk(
  url: string,
  one: CorrectCase,
  again: 'again' | 'once',
  roles: readonly string[],
): Promise<DumpedWalk> {
  const apply = (text: string) => execute(url, text, one)
  const see = () => dump(url, roles)
  const empty = again === 'again' ? await see() : ''
  await apply(one.setup ?? '')
  const before = await see()
  await apply(one.up)
  const afterUp = again === 'again' ? await see() : ''
  await apply(one.down)
  const afterDown = await see()
  if (again === 'once') return { before, afterUp, afterDown, afterUpAgain: undefined }
  await apply(one.up)
  const afterUpAgain = await see()
  await apply(one.down)
  await apply(one.setupDown ?? '')
  if ((await see()) !== empty) throw new Error(`the setup's down of "${one.name}" leaves something behind`)
  return { before, afterUp, afterDown, afterUpAgain }
}

/** Each step has a session of its own, so that no setting of one reaches the next. */
async function execute(url: string, text: string, { noTransaction }: CorrectCase): Promise<void> {
  if (text.trim() === '') return
  await withConnection(url, async (sql) => {
    if (noTransaction !== true) {
      await sql.begin((transaction) => transaction.unsafe(text).simple())
      return
    }
    for (const { start, end } of splitLexically(text)) await sql.unsafe(text.slice(start, end)).simple()
  })
}

async function dump(url: string, roles: readonly string[]): Promise<string> {
  // --create prints what belongs to the database itself: its settings, privileges and comment.
  const { stdout } = await run('pg_dump', ['--create', `--dbname=${url}`], { maxBuffer: 64 * 1024 * 1024 })
  const shared = await withConnection(url, (sql) => readShared(sql, roles))
  return `${normalise(stdout)}\n${JSON.stringify(shared, undefined, 1)}`
}

/** pg_dump leaves roles to pg_dumpall. */
async function readShared(sql: Sql, roles: readonly string[]): Promise<readonly unknown[]> {
  return [
    await sql`
      select rolname, rolsuper, rolinherit, rolcreaterole, rolcreatedb, rolcanlogin, rolreplication, rolbypassrls, rolconnlimit,
        rolvaliduntil::text, (select rolpassword is not null from pg_authid a where a.oid = r.oid) as password,
        shobj_description(oid, 'pg_authid') as comment
      from pg_roles r where rolname in ${sql(roles)} order by rolname`,
    await sql`
      select m.roleid::regrole::text as role, m.member::regrole::text as member, m.admin_option
      from pg_auth_members m join pg_roles r on r.oid in (m.roleid, m.member)
      where r.rolname in ${sql(roles)} order by 1, 2, 3`,
    await sql`
      select s.setrole::regrole::text as role, s.setdatabase <> 0 as here, s.setconfig
      from pg_db_role_setting s left join pg_roles r on r.oid = s.setrole
      where s.setdatabase = (select oid from pg_database where datname = current_database())
        or s.setdatabase = 0 and r.rolname in ${sql(roles)}
      order by 1, 2`,
  ]
}

/** Rows have no order, and neither a random key nor the position of a sequence is what a down has to bring back. */
function normalise(text: string): string {
  const lines: string[] = []
  let rows: string[] | undefined
  for (const line of text.split('\n')) {
    if (rows === undefined) {
      if (/^\\(?:un)?restrict |^SELECT pg_catalog\.setval\(/.test(line)) continue
      lines.push(line)
      if (/^COPY .* FROM stdin;$/.test(line)) rows = []
    } else if (line === '\\.') {
      lines.push(...rows.sort(), line)
      rows = undefined
    } else rows.push(line)
  }
  return lines.join('\n')
}

const ROLES = 'sqlmig_bt_dump_'

/** Roles belong to the whole server, on which other tests may walk the same case at the same time. */
function withOwnRoles(one: CorrectCase): CorrectCase {
  const own = (text: string) => text.replaceAll('sqlmig_bt_', ROLES)
  const { setup = '', setupDown = '', up, down } = one
  return { ...one, setup: own(setup), setupDown: own(setupDown), up: own(up), down: own(down) }
}

function rolesOf({ setup = '', setupDown = '', up, down }: CorrectCase): string[] {
  const names = [setup, setupDown, up, down].join('\n').match(new RegExp(`${ROLES}\\w+`, 'g')) ?? []
  // never empty, because IN () is no SQL
  return [...new Set([ROLES, ...names])]
}

async function dropRoles(names: readonly string[]): Promise<void> {
  await withConnection(inject('serverUrl'), async (sql) => {
    const found = await sql<
      { rolname: string }[]
    >`select rolname from pg_roles where rolname in ${sql(names)}`
    for (const { rolname } of found) {
      await sql`drop owned by ${sql(rolname)}`
      await sql`drop role ${sql(rolname)}`
    }
  })
}

/** A machine of two cores is busy with two walks. */
let free = 2
const waiting: Array<() => void> = []

async function turn(): Promise<() => void> {
  if (free > 0) free -= 1
  else await new Promise<void>((resolve) => waiting.push(resolve))
  return () => {
    const next = waiting.shift()
    if (next === undefined) free += 1
    else next()
  }
}
