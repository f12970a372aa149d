import type { StatementEffect } from '../core/effect.ts'
import { type Look, type Question, questionsOf } from '../core/leftover.ts'
import { literal } from '../core/sql-literal.ts'
import type { Answer, Session } from '../ports.ts'

/**
 * Asks the catalogs about the objects that effects name. Nothing is written, and everybody may read them.
 * @param pathStatements run first, inside the look, so that names are found as the file finds them; none: as the session finds them now
 * @returns a look for each effect, in order
 */
export async function lookAt(
  session: Session,
  effects: readonly StatementEffect[],
  pathStatements: readonly string[] = [],
): Promise<Look[]> {
  if (effects.length === 0) return []
  const questions = effects.map(questionsOf)
  let answer: Answer
  try {
    answer = await session.send(lookMessage(questions.flat(), pathStatements))
  } catch (error) {
    await session.send('rollback').catch(() => {})
    throw error
  }
  const found = JSON.parse(answer.rows[0]?.['look'] ?? '') as Look
  let first = 0
  return questions.map(({ length }) => {
    first += length
    return { ...found, named: found.named.slice(first - length, first).map((one) => one ?? undefined) }
  })
}

/**
 * The search path is read where the file's own settings hold, and the names are looked up where ours do: a schema in front of pg_catalog
 * cannot lend us its operators. The statements in front may return rows; those of the look come last.
 */
function lookMessage(questions: readonly Question[], pathStatements: readonly string[]): string {
  return [
    'begin transaction read only',
    ...pathStatements,
    "select pg_catalog.set_config('sqlmig.path', pg_catalog.current_schemas(true)::pg_catalog.text, true)",
    'set local search_path = pg_catalog, pg_temp',
    lookQuery(questions),
    'rollback',
  ].join(';\n')
}

function lookQuery(questions: readonly Question[]): string {
  const rows = questions.map(({ kind, schema, name, index }, position) => {
    const values = [kind, schema ?? null, name, index ?? null].map((value) => `${literal(value)}::text`)
    return `(${position}, ${values.join(', ')})`
  })
  const wanted = rows.length === 0 ? "(0, 'nothing', null::text, '', null::text)" : rows.join(', ')
  return `with wanted(position, kind, schema, name, index) as (values ${wanted}),
path as (
  select nspname, place from unnest(current_setting('sqlmig.path')::name[]) with ordinality p(nspname, place)),
-- An index stands in the schema of its table, and a TOAST table means the table that it serves.
relation as (
  select c.oid, n.nspname, c.relname, c.relkind from pg_class c join pg_namespace n on n.oid = c.relnamespace),
first as (
  select w.position, w.kind, w.index, f.* from wanted w cross join lateral (
    select r.* from relation r left join path p on p.nspname = r.nspname
    where w.kind in ('relation', 'index-of') and r.relname = w.name
      and case when w.schema is null then p.place is not null else r.nspname = w.schema end
    order by p.place nulls last limit 1) f),
found as (
  select position, oid, nspname, relname, relkind from first where kind = 'relation'
  union all
  select f.position, r.oid, r.nspname, r.relname, r.relkind
  from first f join relation r on r.nspname = f.nspname and r.relname = f.index where f.kind = 'index-of'),
object as (
  select f.position, json_build_object('schema', f.nspname, 'name', f.relname, 'kind', f.relkind,
    'valid', coalesce((select i.indisvalid from pg_index i where i.indexrelid = f.oid), true),
    'of', coalesce(
      (select json_build_object('schema', t.nspname, 'name', t.relname)
        from pg_index i join relation t on t.oid = i.indrelid where i.indexrelid = f.oid),
      (select json_build_object('schema', t.nspname, 'name', t.relname)
        from pg_inherits h join relation t on t.oid = h.inhparent where h.inhrelid = f.oid limit 1)),
    'labels', array[]::text[]) as object
  from found f
  union all
  select w.position, f.object from wanted w cross join lateral (
    select json_build_object('schema', n.nspname, 'name', t.typname, 'kind', t.typtype, 'valid', true, 'of', null,
      'labels', array(select e.enumlabel::text from pg_enum e where e.enumtypid = t.oid)) as object
    from pg_type t join pg_namespace n on n.oid = t.typnamespace left join path p on p.nspname = n.nspname
    where w.kind = 'type' and t.typname = w.name
      and case when w.schema is null then p.place is not null else n.nspname = w.schema end
    order by p.place nulls last limit 1) f),
invalid as (
  select json_build_object('schema', r.nspname, 'name', r.relname,
    'table', json_build_object('schema', t.nspname, 'name', t.relname)) as object
  from pg_index i join relation r on r.oid = i.indexrelid
  left join pg_class served on served.reltoastrelid = i.indrelid
  join relation t on t.oid = coalesce(served.oid, i.indrelid)
  where not i.indisvalid and r.relkind = 'i' order by r.nspname, r.relname),
pending as (
  select json_build_object('table', json_build_object('schema', t.nspname, 'name', t.relname),
    'partition', json_build_object('schema', r.nspname, 'name', r.relname)) as object
  from pg_inherits h join relation t on t.oid = h.inhparent join relation r on r.oid = h.inhrelid
  where h.inhdetachpending order by r.nspname, r.relname)
select json_build_object(
  'named', coalesce((select json_agg(o.object order by w.position) from wanted w left join object o using (position)), '[]'),
  'invalid', coalesce((select json_agg(object) from invalid), '[]'),
  'pending', coalesce((select json_agg(object) from pending), '[]'))::text as look`
}
