import type { CatalogKind, CatalogScope } from './kind.ts'
import { anyRow, comment, facts, labels, roleName } from './sql.ts'

const PASSWORD = `(password[[:space:]]*=[[:space:]]*)(''(\\\\.|[^''\\\\])*''|[^[:space:]&]+)`
const URL_PASSWORD = '(://[^:/?#@[:space:]]*:)[^@[:space:]]*@'
const MASKED = `regexp_replace(regexp_replace(s.subconninfo, '${PASSWORD}', '\\1***', 'gi'), '${URL_PASSWORD}', '\\1***@')`

/** Only superusers may read the connection string. */
function connectionFacts({ superuser }: CatalogScope): Readonly<Record<string, string>> {
  if (!superuser) return {}
  return {
    connection: MASKED,
    // shows that a password changed
    secret: `case when ${MASKED} <> s.subconninfo then '(masked ' || left(md5(s.subconninfo), 8) || ')' end`,
  }
}

function optionFacts({ major }: CatalogScope): Readonly<Record<string, string>> {
  return {
    binary: `case when s.subbinary then 'yes' end`,
    streaming:
      major < 16
        ? `case when s.substream then 'on' end`
        : `case s.substream when 't' then 'on' when 'p' then 'parallel' end`,
    synchronousCommit: `nullif(s.subsynccommit, 'off')`,
    ...(major < 15
      ? {}
      : {
          // pending and enabled differ by whether the worker got to it
          twoPhase: `case when s.subtwophasestate <> 'd' then 'yes' end`,
          disableOnError: `case when s.subdisableonerr then 'yes' end`,
        }),
    ...(major < 16
      ? {}
      : {
          origin: `nullif(s.suborigin, 'any')`,
          passwordRequired: `case when not s.subpasswordrequired then 'no' end`,
          runAsOwner: `case when s.subrunasowner then 'yes' end`,
        }),
    ...(major < 17 ? {} : { failover: `case when s.subfailover then 'yes' end` }),
  }
}

/** Those of this database: the catalog is shared by all. */
export const subscriptions: CatalogKind = {
  kinds: ['subscription'],
  rare: anyRow('pg_subscription'),
  query: (
    scope,
  ) => `select 'subscription' as kind, quote_ident(s.subname) as name, null as parent, s.oid::bigint as seq,
    ${facts({
      owner: roleName('s.subowner'),
      comment: comment('pg_subscription', 's.oid'),
      labels: labels('pg_subscription', 's.oid'),
      ...connectionFacts(scope),
      publications: `(select jsonb_agg(quote_ident(p) order by p collate "C") from unnest(s.subpublications) p)`,
      enabled: `case when not s.subenabled then 'no' end`,
      slot: `case when s.subslotname is null then 'NONE' when s.subslotname <> s.subname then quote_ident(s.subslotname) end`,
      ...optionFacts(scope),
    })} as facts
  from pg_subscription s
  where s.subdbid = (select d.oid from pg_database d where d.datname = current_database())`,
}
