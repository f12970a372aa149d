import { type Appearing, FUNCTION, TABLE } from './case.ts'

const AFTER = 'EXECUTE FUNCTION app.f()'
const NUMBERS = { type: 'integer', ownedBy: 'app.t.id' }

export const APPEARING: readonly Appearing[] = [
  {
    what: 'a key with its index',
    base: TABLE,
    change: `alter table app.t add constraint c primary key (a) with (fillfactor = 80); comment on index app.c is 'x';`,
    objects: {
      'constraint app.t.c': { type: 'primary key', definition: 'PRIMARY KEY (a)' },
      'index app.c': { options: ['fillfactor=80'], comment: 'x' },
    },
  },
  {
    what: 'an exclusion constraint',
    base: 'create table app.t (a int4range, b int);',
    change: 'alter table app.t add constraint c exclude using gist (a with &&) where (b > 0) deferrable;',
    objects: {
      'constraint app.t.c': {
        type: 'exclusion',
        definition: 'EXCLUDE USING gist (a WITH &&) WHERE ((b > 0))',
        deferrable: 'yes',
      },
      'index app.c': {},
    },
  },
  {
    what: 'a key over periods',
    since: 18,
    base: 'create table app.t (a int4range, b int4range);',
    change: 'alter table app.t add constraint c primary key (a, b without overlaps);',
    objects: {
      'constraint app.t.c': { type: 'primary key', definition: 'PRIMARY KEY (a, b WITHOUT OVERLAPS)' },
      'index app.c': {},
    },
  },
  {
    what: 'a constraint of a foreign table',
    base: 'create foreign table app.t (a int) server parts;',
    change: 'alter foreign table app.t add constraint c check (a > 0) not valid;',
    objects: { 'constraint app.t.c': { type: 'check', definition: 'CHECK ((a > 0))', validated: 'no' } },
  },
  {
    what: 'odd names',
    base: `create table app."R.1" (id int primary key); create table app."T '%" ("C d" int);`,
    change: `alter table app."T '%" add constraint "c.""%" foreign key ("C d") references app."R.1"; alter table app."T '%" disable trigger all;
      create index "i. WHERE" on app."T '%" ("C d") with (fillfactor = 70) where "C d" > 0; comment on constraint "c.""%" on app."T '%" is 'x';`,
    objects: {
      'constraint app."T \'%"."c.""%"': {
        type: 'foreign key',
        definition: 'FOREIGN KEY ("C d") REFERENCES app."R.1"(id)',
        triggers: [`app."T '%"=disabled`],
        comment: 'x',
      },
      'index app."i. WHERE"': {
        definition: `CREATE INDEX "i. WHERE" ON app."T '%" USING btree ("C d") WHERE ("C d" > 0)`,
        options: ['fillfactor=70'],
      },
    },
  },
  {
    what: 'what a child inherits and has as its own',
    base: 'create table app.p (a int, constraint c check (a > 0)); create table app.t () inherits (app.p);',
    change: 'alter table app.t add constraint c check (a > 0);',
    objects: {
      'constraint app.t.c': {
        type: 'check',
        definition: 'CHECK ((a > 0))',
        inherited: ['app.p.c'],
        local: 'yes',
      },
    },
    drops: false,
  },
  {
    what: 'a constraint that children inherit',
    base: 'create table app.p (a int); create table app.t () inherits (app.p);',
    change: 'alter table app.p add constraint c check (a > 0);',
    objects: { 'constraint app.p.c': { type: 'check', definition: 'CHECK ((a > 0))' } },
  },
  {
    what: 'a comment on what a child inherits',
    base: 'create table app.p (a int, constraint c check (a > 0)); create table app.t () inherits (app.p);',
    change: `comment on constraint c on app.t is 'x';`,
    objects: {
      'constraint app.t.c': {
        type: 'check',
        definition: 'CHECK ((a > 0))',
        inherited: ['app.p.c'],
        comment: 'x',
      },
    },
  },
  {
    what: 'a foreign key that is switched off on one partition',
    since: 15,
    base: `create table app.r (a int primary key); create table app.p (a int references app.r) partition by list (a);
      create table app.p1 partition of app.p default;`,
    change: 'alter table app.p1 disable trigger all;',
    objects: {
      'constraint app.p1.p_a_fkey': {
        type: 'foreign key',
        definition: 'FOREIGN KEY (a) REFERENCES app.r(a)',
        inherited: ['app.p.p_a_fkey'],
        triggers: ['app.p1=disabled'],
      },
    },
  },
  {
    what: 'a foreign key from and to partitions',
    base: `create table app.r (a int primary key) partition by list (a); create table app.r1 partition of app.r default;
      create table app.p (a int) partition by list (a); create table app.p1 partition of app.p default;`,
    change: 'alter table app.p add constraint c foreign key (a) references app.r;',
    objects: {
      'constraint app.p.c': { type: 'foreign key', definition: 'FOREIGN KEY (a) REFERENCES app.r(a)' },
    },
  },
  {
    what: 'a key of partitions',
    base: 'create table app.p (a int) partition by list (a); create table app.p1 partition of app.p default;',
    change: 'alter table app.p add unique (a);',
    objects: {
      'constraint app.p.p_a_key': { type: 'unique', definition: 'UNIQUE (a)' },
      'index app.p_a_key': {},
      'constraint app.p1.p1_a_key': {
        type: 'unique',
        definition: 'UNIQUE (a)',
        inherited: ['app.p.p_a_key'],
      },
      'index app.p1_a_key': { inherited: 'app.p_a_key' },
    },
  },
  {
    what: 'an index of partitions',
    base: 'create table app.p (a int, b int) partition by list (a); create table app.p1 partition of app.p default;',
    change: 'create index i on app.p (b) with (fillfactor = 70) where a > 0;',
    objects: {
      'index app.i': {
        definition: 'CREATE INDEX i ON ONLY app.p USING btree (b) WHERE (a > 0)',
        options: ['fillfactor=70'],
      },
      'index app.p1_b_idx': {
        definition: 'CREATE INDEX p1_b_idx ON app.p1 USING btree (b) WHERE (a > 0)',
        options: ['fillfactor=70'],
        inherited: 'app.i',
      },
    },
  },
  {
    what: 'an index of a partitioned table only',
    base: 'create table app.p (a int) partition by list (a); create table app.p1 partition of app.p default;',
    change: 'create index i on only app.p (a);',
    objects: { 'index app.i': { definition: 'CREATE INDEX i ON ONLY app.p USING btree (a)', valid: 'no' } },
  },
  {
    what: 'an index of a materialized view',
    base: 'create materialized view app.m as select 1 as a;',
    change: 'create unique index i on app.m (a desc nulls last);',
    objects: {
      'index app.i': { definition: 'CREATE UNIQUE INDEX i ON app.m USING btree (a DESC NULLS LAST)' },
    },
  },
  {
    what: 'a sequence of a column',
    base: 'create table app.t (id int);',
    change: 'create sequence app.s as integer owned by app.t.id;',
    objects: { 'sequence app.s': NUMBERS },
  },
  {
    what: 'a sequence of a column of an unlogged table',
    since: 15,
    base: 'create unlogged table app.t (id int);',
    change: 'create unlogged sequence app.s as integer owned by app.t.id;',
    objects: { 'sequence app.s': NUMBERS },
  },
  {
    what: 'a trigger of a view',
    base: `create view app.v as select 1 as a; ${FUNCTION}`,
    change: `create trigger g instead of insert on app.v for each row execute function app.f('x');`,
    objects: {
      'trigger app.v.g': {
        definition: `CREATE TRIGGER g INSTEAD OF INSERT ON app.v FOR EACH ROW EXECUTE FUNCTION app.f('x')`,
      },
    },
  },
  {
    what: 'a trigger of a foreign table',
    base: `create foreign table app.t (a int) server parts; ${FUNCTION}`,
    change:
      'create trigger g before insert on app.t execute function app.f(); alter foreign table app.t disable trigger g;',
    objects: {
      'trigger app.t.g': {
        definition: `CREATE TRIGGER g BEFORE INSERT ON app.t FOR EACH STATEMENT ${AFTER}`,
        enabled: 'disabled',
      },
    },
  },
  {
    what: 'a trigger of a partitioned table with its clone',
    base: `create table app.p (a int) partition by list (a); create table app.p1 partition of app.p default; ${FUNCTION}`,
    change: 'create trigger g after insert on app.p for each row execute function app.f();',
    objects: {
      'trigger app.p.g': { definition: `CREATE TRIGGER g AFTER INSERT ON app.p FOR EACH ROW ${AFTER}` },
      'trigger app.p1.g': {
        definition: `CREATE TRIGGER g AFTER INSERT ON app.p1 FOR EACH ROW ${AFTER}`,
        inherited: 'app.p.g',
      },
    },
  },
  {
    what: 'a rule of a view',
    base: `${TABLE} create view app.v as select * from app.t;`,
    change:
      'create rule r as on insert to app.v do instead (insert into app.t (a) values (new.a); notify x);',
    objects: {
      'rule app.v.r': {
        definition:
          'CREATE RULE r AS\n    ON INSERT TO app.v DO INSTEAD ( INSERT INTO app.t (a)\n  VALUES (new.a);\n\n NOTIFY x;\n)',
      },
    },
  },
  {
    what: 'a policy with everything',
    base: TABLE,
    change: `create policy "P 1" on app.t as restrictive for update to pg_monitor using (a > 0) with check (a > 1); comment on policy "P 1" on app.t is 'x';`,
    objects: {
      'policy app.t."P 1"': {
        restrictive: 'yes',
        command: 'UPDATE',
        roles: ['pg_monitor'],
        using: '(a > 0)',
        check: '(a > 1)',
        comment: 'x',
      },
    },
  },
]
