import { type Change, FUNCTION, type Subject, TABLE } from './case.ts'

const STATISTICS_OBJECT: Subject = {
  object: 'statistics app.s',
  base: `${TABLE} create statistics app.s (ndistinct) on a, b from app.t;`,
}

const STATISTICS: readonly Change[] = [
  {
    ...STATISTICS_OBJECT,
    what: 'a target',
    change: 'alter statistics app.s set statistics 7;',
    facts: { target: '7' },
    alters: 'both ways',
  },
  {
    ...STATISTICS_OBJECT,
    what: 'what is counted',
    change: 'drop statistics app.s; create statistics app.s (ndistinct, mcv) on a, b from app.t;',
    facts: { definition: 'CREATE STATISTICS app.s (ndistinct, mcv) ON a, b FROM app.t' },
    alters: 'no way',
  },
  {
    ...STATISTICS_OBJECT,
    what: 'a comment',
    change: `comment on statistics app.s is 'x';`,
    facts: { comment: 'x' },
    alters: 'both ways',
  },
]

const TRIGGER: Subject = {
  object: 'trigger app.t.g',
  base: `${TABLE} ${FUNCTION} create trigger g before insert on app.t for each row execute function app.f();`,
}
const CLONE: Subject = {
  object: 'trigger app.p1.g',
  base: `create table app.p (a int) partition by list (a); create table app.p1 partition of app.p default;
    ${FUNCTION} create trigger g after insert on app.p for each row execute function app.f();`,
}
const AFTER = 'EXECUTE FUNCTION app.f()'

const TRIGGERS: readonly Change[] = [
  {
    ...TRIGGER,
    what: 'a definition',
    change: 'create or replace trigger g after update of a on app.t execute function app.f();',
    facts: { definition: `CREATE TRIGGER g AFTER UPDATE OF a ON app.t FOR EACH STATEMENT ${AFTER}` },
    alters: 'both ways',
  },
  {
    ...TRIGGER,
    what: 'DISABLE',
    change: 'alter table app.t disable trigger g;',
    facts: { enabled: 'disabled' },
    alters: 'both ways',
  },
  {
    ...TRIGGER,
    what: 'ENABLE REPLICA',
    change: 'alter table app.t enable replica trigger g;',
    facts: { enabled: 'replica' },
    alters: 'both ways',
  },
  {
    ...TRIGGER,
    what: 'ENABLE ALWAYS',
    change: 'alter table app.t enable always trigger g;',
    facts: { enabled: 'always' },
    alters: 'both ways',
  },
  {
    ...TRIGGER,
    what: 'a definition of one that is disabled',
    base: `${TRIGGER.base} alter table app.t disable trigger g;`,
    change:
      'drop trigger g on app.t; create trigger g before delete on app.t execute function app.f(); alter table app.t disable trigger g;',
    facts: { definition: `CREATE TRIGGER g BEFORE DELETE ON app.t FOR EACH STATEMENT ${AFTER}` },
    alters: 'both ways',
  },
  {
    ...TRIGGER,
    what: 'a constraint trigger',
    change:
      'drop trigger g on app.t; create constraint trigger g after insert on app.t deferrable for each row execute function app.f();',
    facts: {
      definition: `CREATE CONSTRAINT TRIGGER g AFTER INSERT ON app.t DEFERRABLE INITIALLY IMMEDIATE FOR EACH ROW ${AFTER}`,
    },
    alters: 'no way',
  },
  {
    ...TRIGGER,
    what: 'an extension that it depends on',
    change: 'alter trigger g on app.t depends on extension plpgsql;',
    facts: { dependsOnExtensions: ['plpgsql'] },
    alters: 'both ways',
  },
  {
    ...TRIGGER,
    what: 'a comment',
    change: `comment on trigger g on app.t is 'x';`,
    facts: { comment: 'x' },
    alters: 'both ways',
  },
  {
    ...CLONE,
    what: 'a clone that is disabled',
    change: 'alter table app.p1 disable trigger g;',
    facts: { enabled: 'disabled' },
    alters: 'both ways',
  },
  {
    ...CLONE,
    what: 'a clone of a disabled trigger that is enabled',
    base: `${CLONE.base} alter table only app.p disable trigger g; alter table app.p1 disable trigger g;`,
    change: 'alter table app.p1 enable trigger g;',
    facts: { enabled: undefined },
    alters: 'both ways',
  },
  {
    ...CLONE,
    what: 'a comment on a clone',
    change: `comment on trigger g on app.p1 is 'x';`,
    facts: { comment: 'x' },
    alters: 'both ways',
  },
]

const RULE: Subject = {
  object: 'rule app.t.r',
  base: `${TABLE} create rule r as on delete to app.t do also nothing;`,
}

const RULES: readonly Change[] = [
  {
    ...RULE,
    what: 'a definition',
    change:
      'create or replace rule r as on delete to app.t where old.a > 0 do instead delete from app.t where false;',
    facts: {
      definition:
        'CREATE RULE r AS\n    ON DELETE TO app.t\n   WHERE (old.a > 0) DO INSTEAD  DELETE FROM app.t\n  WHERE false',
    },
    alters: 'both ways',
  },
  {
    ...RULE,
    what: 'DISABLE',
    change: 'alter table app.t disable rule r;',
    facts: { enabled: 'disabled' },
    alters: 'both ways',
  },
  {
    ...RULE,
    what: 'ENABLE ALWAYS',
    change: 'alter table app.t enable always rule r;',
    facts: { enabled: 'always' },
    alters: 'both ways',
  },
  {
    ...RULE,
    what: 'a comment',
    change: `comment on rule r on app.t is 'x';`,
    facts: { comment: 'x' },
    alters: 'both ways',
  },
]

const POLICY: Subject = {
  object: 'policy app.t.p',
  base: `${TABLE} create policy p on app.t using (a > 0);`,
}

const POLICIES: readonly Change[] = [
  {
    ...POLICY,
    what: 'a command',
    change: 'drop policy p on app.t; create policy p on app.t for delete using (a > 0);',
    facts: { command: 'DELETE' },
    alters: 'no way',
  },
  {
    ...POLICY,
    what: 'RESTRICTIVE',
    change: 'drop policy p on app.t; create policy p on app.t as restrictive using (a > 0);',
    facts: { restrictive: 'yes' },
    alters: 'no way',
  },
  {
    ...POLICY,
    what: 'roles',
    change: 'alter policy p on app.t to pg_monitor, pg_read_all_stats;',
    facts: { roles: ['pg_monitor', 'pg_read_all_stats'] },
    alters: 'both ways',
  },
  {
    ...POLICY,
    what: 'USING',
    change: 'alter policy p on app.t using (true);',
    facts: { using: 'true' },
    alters: 'both ways',
  },
  {
    ...POLICY,
    what: 'WITH CHECK',
    change: 'alter policy p on app.t with check (a > 1);',
    facts: { check: '(a > 1)' },
    alters: 'forth',
  },
  {
    ...POLICY,
    what: 'a comment',
    change: `comment on policy p on app.t is 'x';`,
    facts: { comment: 'x' },
    alters: 'both ways',
  },
]

export const OTHERS: readonly Change[] = [...STATISTICS, ...TRIGGERS, ...RULES, ...POLICIES]
