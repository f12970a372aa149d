import { SqlmigError } from '../../core/errors.ts'
import { type Session, StatementError } from '../../ports.ts'
import { lookAtSchema } from './history-facts.ts'
import { type HistoryLayout, type HistoryLocation, layoutComment, qualifiedName } from './history-layout.ts'
import { literal, quoteName } from './literal.ts'

/**
 * All missing layouts and the comment that names the last of them, in one transaction.
 * @param current the layout that is there; 0 where there is no table
 * @throws SqlmigError `HISTORY_NOT_MADE`, `PERMISSION_DENIED`
 */
export async function buildHistory(
  session: Session,
  location: HistoryLocation,
  missing: readonly HistoryLayout[],
  current: number,
): Promise<void> {
  const schema = quoteName(location.schema)
  const schemaExists = (await lookAtSchema(session, location.schema)) !== undefined
  const newSchema = schemaExists
    ? []
    : [`create schema ${schema}`, `revoke all on schema ${schema} from public`]
  const comment = literal(layoutComment(missing.at(-1)?.number ?? 0))
  const statements = [
    'begin',
    ...newSchema,
    ...missing.map((layout) => layout.sql(location)),
    ...(current === 0 ? [withoutDefaultPrivileges(location)] : []),
    `comment on table ${qualifiedName(location)} is ${comment}`,
    'commit',
  ]
  try {
    await session.send(statements.join(';\n'))
  } catch (error) {
    await session.send('rollback').catch(() => {})
    if (!(error instanceof StatementError)) throw error
    throw await buildFailed(error, session, location, schemaExists)
  }
}

/** ALTER DEFAULT PRIVILEGES can have given others every right on a new table; what is left to them is to read it. */
function withoutDefaultPrivileges({ schema, table }: HistoryLocation): string {
  return `do ${literal(`declare
  each record;
begin
  for each in
    select distinct pg_catalog.pg_get_userbyid(g.grantee) as grantee, g.privilege_type as privilege
    from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace, pg_catalog.aclexplode(c.relacl) g
    where n.nspname = ${literal(schema)} and c.relname = ${literal(table)}
      and g.grantee not in (0, c.relowner) and g.privilege_type <> 'SELECT'
  loop
    execute pg_catalog.format('revoke %s on %I.%I from %I', each.privilege, ${literal(schema)}, ${literal(table)}, each.grantee);
  end loop;
end`)}`
}

async function buildFailed(
  error: StatementError,
  session: Session,
  location: HistoryLocation,
  schemaExists: boolean,
): Promise<SqlmigError> {
  const { sqlstate, message } = error.failure
  const history = `${location.schema}.${location.table}`
  const role = session.info.user
  const trigger = await eventTriggerBehind(error, session)
  if (trigger !== undefined)
    return new SqlmigError(
      'HISTORY_NOT_MADE',
      {
        history,
        reason: `the event trigger ${trigger.name} (function ${trigger.function}) refused it: ${message} (SQLSTATE ${sqlstate})`,
        hint: `make an exception in the function for the schema ${location.schema}, or have its owner run: alter event trigger ${quoteName(trigger.name)} disable; for the first run of sqlmig`,
      },
      { cause: error },
    )
  if (sqlstate !== '42501')
    return new SqlmigError(
      'HISTORY_NOT_MADE',
      { history, reason: `${message} (SQLSTATE ${sqlstate})` },
      { cause: error },
    )
  const right = schemaExists
    ? `usage, create on schema ${quoteName(location.schema)}`
    : `create on database ${quoteName(session.info.database)}`
  const hint = `an owner runs once: grant ${right} to ${quoteName(role)};`
  return new SqlmigError(
    'PERMISSION_DENIED',
    { right: `the right to create ${history} (${message})`, role, hint },
    { cause: error },
  )
}

/** The call stack of an error names functions; the first line of it that is an event trigger's says which one it was. */
async function eventTriggerBehind(
  { failure }: StatementError,
  session: Session,
): Promise<{ name: string; function: string } | undefined> {
  if (failure.where === undefined) return undefined
  const { rows } =
    await session.send(`select e.evtname as name, p.oid::pg_catalog.regprocedure::text as function
    from pg_catalog.pg_event_trigger e join pg_catalog.pg_proc p on p.oid = e.evtfoid
    where e.evtenabled <> 'D' order by e.evtname`)
  const found = rows.find((row) => failure.where?.includes(` ${row['function']} `))
  if (found === undefined) return undefined
  return { name: found['name'] ?? '', function: found['function'] ?? '' }
}
