import type { CatalogKind, CatalogScope } from './kind.ts'
import { comment, FIRST_USER_OID, facts, qualified, userObject } from './sql.ts'

// What ALTER can change stands at the end of a definition (pg_get_constraintdef_worker, src/backend/utils/adt/ruleutils.c). Before it
// comes a closing parenthesis or a key word, never an expression.
const CHANGEABLE = '( DEFERRABLE)?( INITIALLY DEFERRED)?( NOT ENFORCED| NOT VALID)?$'

const INHERITED = `case when k.conparentid <> 0 then (select jsonb_build_array(${qualified('pn', 'pr.relname')} || '.' || quote_ident(p.conname))
    from pg_constraint p join pg_class pr on pr.oid = p.conrelid join pg_namespace pn on pn.oid = pr.relnamespace where p.oid = k.conparentid)
  when k.coninhcount > 0 then (select jsonb_agg(${qualified('pn', 'pr.relname')} || '.' || quote_ident(p.conname) order by i.inhseqno)
    from pg_inherits i join pg_constraint p on p.conrelid = i.inhparent and p.conname = k.conname
    join pg_class pr on pr.oid = i.inhparent join pg_namespace pn on pn.oid = pr.relnamespace where i.inhrelid = k.conrelid) end`

// A foreign key and a deferrable constraint live by internal triggers, whose names hold OIDs. DISABLE TRIGGER ALL stops them too.
const SWITCHED_TRIGGERS = `(select s.tgconstraint, jsonb_agg(s.entry order by s.entry collate "C") as entries from (
    select distinct g.tgconstraint, ${qualified('gn', 'gr.relname')} || '=' || case g.tgenabled when 'D' then 'disabled' when 'R' then 'replica' else 'always' end as entry
    from pg_trigger g join pg_class gr on gr.oid = g.tgrelid join pg_namespace gn on gn.oid = gr.relnamespace
    where g.tgconstraint <> 0 and g.tgisinternal and g.tgenabled <> 'O') s
  group by s.tgconstraint)`

// The names of keys are those of their indexes and pg_dump prints them for every partition. Other constraints come and go with the one they
// are inherited from; of foreign keys there is even one for each partition of the referenced table.
const OWN = `(k.contype in ('p', 'u', 'x') or k.conislocal and k.conparentid = 0
  or exists (select from pg_description d where d.classoid = 'pg_catalog.pg_constraint'::regclass and d.objoid = k.oid)
  or k.contype = 'f' and exists (select from pg_trigger g join pg_trigger gp on gp.oid = g.tgparentid
    where g.tgconstraint = k.oid and g.tgenabled <> gp.tgenabled))`

const ANYWHERE = {
  definition: `regexp_replace(pg_get_constraintdef(k.oid), '${CHANGEABLE}', '')`,
  comment: comment('pg_constraint', 'k.oid'),
}

function tableConstraint({ major }: CatalogScope): string {
  const enforced = major < 18 ? 'true' : 'k.conenforced'
  return facts({
    ...ANYWHERE,
    type: `case k.contype when 'c' then 'check' when 'p' then 'primary key' when 'u' then 'unique' when 'x' then 'exclusion' when 'f' then 'foreign key' end`,
    deferrable: `case when k.condeferred then 'initially deferred' when k.condeferrable then 'yes' end`,
    enforced: `case when not ${enforced} then 'no' end`,
    validated: `case when ${enforced} and not k.convalidated then 'no' end`,
    inherited: INHERITED,
    local: `case when k.conislocal and (k.coninhcount > 0 or k.conparentid <> 0) then 'yes' end`,
    triggers: 'switched.entries',
  })
}

const DOMAIN_CONSTRAINT = facts({
  ...ANYWHERE,
  type: `'check'`,
  validated: `case when not k.convalidated then 'no' end`,
})

/**
 * Constraints of tables, foreign tables and domains, but for NOT NULL, which is a fact of the column or domain. An index is older than its
 * constraint; as it comes with it they change places in the order of creation.
 */
export const constraints: CatalogKind = {
  kinds: ['constraint'],
  query: (scope) => `select 'constraint' as kind, rel.name || '.' || quote_ident(k.conname) as name,
    rel.key as parent, case when k.contype in ('p', 'u', 'x') then k.conindid else k.oid end::bigint as seq, ${tableConstraint(scope)} as facts
  from pg_constraint k join relation rel on rel.oid = k.conrelid
  left join ${SWITCHED_TRIGGERS} switched on switched.tgconstraint = k.oid
  where k.oid >= ${FIRST_USER_OID} and k.contype in ('c', 'p', 'u', 'x', 'f') and ${OWN}
  union all
  select 'constraint', ${qualified('n', 't.typname')} || '.' || quote_ident(k.conname),
    'domain ' || ${qualified('n', 't.typname')}, k.oid::bigint, ${DOMAIN_CONSTRAINT}
  from pg_constraint k join pg_type t on t.oid = k.contypid join pg_namespace n on n.oid = t.typnamespace
  where k.oid >= ${FIRST_USER_OID} and k.contype = 'c' and ${userObject('pg_type', 't', 'n')}`,
}
