import { type Change, FUNCTION, type Subject, TABLE } from './case.ts'

const CHECK: Subject = {
  object: 'constraint app.t.c',
  base: `${TABLE} alter table app.t add constraint c check (a > 0);`,
}
const KEY: Subject = {
  object: 'constraint app.t.c',
  base: `create table app.r (id int primary key); ${TABLE} alter table app.t add constraint c foreign key (a) references app.r;`,
}
const UNIQUE: Subject = {
  object: 'constraint app.t.c',
  base: `${TABLE} alter table app.t add constraint c unique (a);`,
}
const DOMAIN: Subject = {
  object: 'constraint app.d.c',
  base: 'create domain app.d as int constraint c check (value > 0);',
}
const again = (definition: string) =>
  `alter table app.t drop constraint c; alter table app.t add constraint c ${definition};`

export const CONSTRAINTS: readonly Change[] = [
  {
    ...CHECK,
    what: 'an expression',
    change: again('check (a > 1)'),
    facts: { definition: 'CHECK ((a > 1))' },
    alters: 'no way',
  },
  {
    ...CHECK,
    what: 'NO INHERIT',
    change: again('check (a > 0) no inherit'),
    facts: { definition: 'CHECK ((a > 0)) NO INHERIT' },
    alters: 'no way',
  },
  {
    ...CHECK,
    what: 'NOT VALID of a check',
    change: again('check (a > 0) not valid'),
    facts: { validated: 'no' },
    alters: 'back',
  },
  {
    ...CHECK,
    what: 'a comment',
    change: `comment on constraint c on app.t is 'it''s';`,
    facts: { comment: "it's" },
    alters: 'both ways',
  },
  {
    ...KEY,
    what: 'NOT VALID of a foreign key',
    change: again('foreign key (a) references app.r not valid'),
    facts: { validated: 'no' },
    alters: 'back',
  },
  {
    ...KEY,
    what: 'DEFERRABLE of a foreign key',
    change: 'alter table app.t alter constraint c deferrable;',
    facts: { deferrable: 'yes' },
    alters: 'both ways',
  },
  {
    ...KEY,
    what: 'INITIALLY DEFERRED',
    change: 'alter table app.t alter constraint c initially deferred;',
    facts: { deferrable: 'initially deferred' },
    alters: 'both ways',
  },
  {
    ...KEY,
    what: 'an action',
    change: again('foreign key (a) references app.r on delete cascade'),
    facts: { definition: 'FOREIGN KEY (a) REFERENCES app.r(id) ON DELETE CASCADE' },
    alters: 'no way',
  },
  {
    ...KEY,
    what: 'DISABLE TRIGGER ALL at one end',
    change: 'alter table app.t disable trigger all;',
    facts: { triggers: ['app.t=disabled'] },
    alters: 'both ways',
  },
  {
    ...KEY,
    what: 'DISABLE TRIGGER ALL at both ends',
    change: 'alter table app.t disable trigger all; alter table app.r disable trigger all;',
    facts: { triggers: ['app.r=disabled', 'app.t=disabled'] },
    alters: 'both ways',
  },
  {
    ...KEY,
    what: 'DISABLE TRIGGER ALL, but for one that is not its own',
    base: `${KEY.base} ${FUNCTION} create trigger g before insert on app.t execute function app.f(); alter table app.t enable always trigger g;`,
    change: 'alter table app.t disable trigger all; alter table app.t enable always trigger g;',
    facts: { triggers: ['app.t=disabled'] },
    alters: 'both ways',
  },
  {
    ...KEY,
    what: 'NOT ENFORCED',
    since: 18,
    change: 'alter table app.t alter constraint c not enforced;',
    facts: { enforced: 'no' },
    alters: 'both ways',
  },
  {
    ...CHECK,
    what: 'NOT ENFORCED of a check',
    since: 18,
    change: again('check (a > 0) not enforced'),
    facts: { enforced: 'no' },
    alters: 'no way',
  },
  {
    ...UNIQUE,
    what: 'DEFERRABLE of a key',
    change: again('unique (a) deferrable initially deferred'),
    facts: { deferrable: 'initially deferred' },
    alters: 'no way',
  },
  {
    ...UNIQUE,
    what: 'another type',
    change: again('primary key (a)'),
    facts: { type: 'primary key', definition: 'PRIMARY KEY (a)' },
    alters: 'no way',
  },
  {
    ...UNIQUE,
    what: 'NULLS NOT DISTINCT',
    since: 15,
    change: again('unique nulls not distinct (a)'),
    facts: { definition: 'UNIQUE NULLS NOT DISTINCT (a)' },
    alters: 'no way',
  },
  {
    ...UNIQUE,
    what: 'INCLUDE',
    change: again('unique (a) include (b)'),
    facts: { definition: 'UNIQUE (a) INCLUDE (b)' },
    alters: 'no way',
  },
  {
    ...DOMAIN,
    what: 'NOT VALID of a domain',
    change:
      'alter domain app.d drop constraint c; alter domain app.d add constraint c check (value > 0) not valid;',
    facts: { validated: 'no' },
    alters: 'back',
  },
  {
    ...DOMAIN,
    what: 'an expression of a domain',
    change: 'alter domain app.d drop constraint c; alter domain app.d add constraint c check (value > 1);',
    facts: { definition: 'CHECK ((VALUE > 1))' },
    alters: 'no way',
  },
  {
    ...DOMAIN,
    what: 'a comment on that of a domain',
    change: `comment on constraint c on domain app.d is 'x';`,
    facts: { comment: 'x' },
    alters: 'both ways',
  },
]
