import { database } from '../../src/adapters/postgres/catalog/database.ts'
import { defaultPrivileges } from '../../src/adapters/postgres/catalog/default-privileges.ts'
import { publications } from '../../src/adapters/postgres/catalog/publications.ts'
import { roles } from '../../src/adapters/postgres/catalog/roles.ts'
import { subscriptions } from '../../src/adapters/postgres/catalog/subscriptions.ts'
import { systemObjects } from '../../src/adapters/postgres/catalog/system-objects.ts'
import { databaseDdl } from '../../src/core/ddl/database.ts'
import { defaultPrivilegesDdl } from '../../src/core/ddl/default-privileges.ts'
import { publicationDdl } from '../../src/core/ddl/publication.ts'
import { roleDdl } from '../../src/core/ddl/role.ts'
import { subscriptionDdl } from '../../src/core/ddl/subscription.ts'
import { systemObjectDdl } from '../../src/core/ddl/system-object.ts'
import { type Case, OWNED } from './catalog-others-case.ts'

const T = 'create table app.t (id integer primary key, b text, a text); create table app."U u" (id integer)'

const REPLICATION_CASES: readonly Case[] = [
  {
    title: 'publication of tables',
    family: [publications, publicationDdl],
    name: 'p',
    before: T,
    make: 'create publication p for table app.t',
    made: { ...OWNED, tables: ['app.t'] },
    change: `alter publication p set table app."U u"; alter publication p set (publish = 'insert, delete', publish_via_partition_root = true);
      comment on publication p is 'c'`,
    changed: {
      ...OWNED,
      tables: ['app."U u"'],
      publish: 'insert, delete',
      viaRoot: 'yes',
      comment: 'c',
    },
  },
  {
    title: 'publication of columns, rows and schemas',
    family: [publications, publicationDdl],
    name: 'p',
    since: 15,
    before: T,
    make: 'create publication p for table app.t where (id > 1), app."U u"',
    made: { ...OWNED, tables: ['app."U u"', 'app.t WHERE ((id > 1))'] },
    change: `alter publication p set table app.t (b, a, id) where (id > 2), app."U u" (id); alter publication p set (publish = '')`,
    changed: {
      ...OWNED,
      tables: ['app."U u" (id)', 'app.t (a, b, id) WHERE ((id > 2))'],
      publish: '',
    },
  },
  {
    title: 'publication of schemas',
    family: [publications, publicationDdl],
    name: 'p',
    since: 15,
    before: T,
    make: 'create publication p for tables in schema public',
    made: { ...OWNED, schemas: ['public'] },
    change: 'alter publication p set table app.t; alter publication p add tables in schema app',
    changed: { ...OWNED, tables: ['app.t'], schemas: ['app'] },
  },
  {
    title: 'publication of generated columns',
    family: [publications, publicationDdl],
    name: 'p',
    since: 18,
    make: 'create publication p',
    made: OWNED,
    change: 'alter publication p set (publish_generated_columns = stored)',
    changed: { ...OWNED, generatedColumns: 'stored' },
  },
  {
    title: 'publication of all tables',
    family: [publications, publicationDdl],
    name: 'p',
    make: 'create publication p',
    made: OWNED,
    change: 'drop publication p; create publication p for all tables',
    changed: { ...OWNED, allTables: 'yes' },
    alter: 'no',
  },
  {
    title: 'subscription',
    family: [subscriptions, subscriptionDdl],
    name: 'sqlmig_test_@one',
    pglite: 'no',
    make: `create subscription sqlmig_test_@one connection 'host=127.0.0.1 port=1 dbname=a' publication a with (connect = false, streaming = off)`,
    made: {
      ...OWNED,
      connection: 'host=127.0.0.1 port=1 dbname=a',
      publications: ['a'],
      enabled: 'no',
    },
    change: `alter subscription sqlmig_test_@one connection 'host=127.0.0.1 port=1 dbname=b'; alter subscription sqlmig_test_@one set publication b, "C c" with (refresh = false);
      alter subscription sqlmig_test_@one set (slot_name = other, binary = true, streaming = on, synchronous_commit = 'local'); comment on subscription sqlmig_test_@one is 'c'`,
    changed: {
      ...OWNED,
      connection: 'host=127.0.0.1 port=1 dbname=b',
      publications: ['"C c"', 'b'],
      enabled: 'no',
      slot: 'other',
      binary: 'yes',
      streaming: 'on',
      synchronousCommit: 'local',
      comment: 'c',
    },
  },
  {
    title: 'subscription that runs, without a slot, with a password',
    family: [subscriptions, subscriptionDdl],
    name: 'sqlmig_test_@one',
    since: 16,
    make: `create subscription sqlmig_test_@one connection 'host=127.0.0.1 port=1 password=''it\\''s'' dbname=a' publication a with (connect = false, streaming = parallel, slot_name = none)`,
    made: {
      ...OWNED,
      connection: 'host=127.0.0.1 port=1 password=*** dbname=a',
      secret: '(masked 2baa8d4f)',
      publications: ['a'],
      streaming: 'parallel',
      slot: 'NONE',
      enabled: 'no',
    },
    change:
      'alter subscription sqlmig_test_@one set (slot_name = other, disable_on_error = true, origin = none, run_as_owner = true, password_required = false); alter subscription sqlmig_test_@one enable',
    changed: {
      ...OWNED,
      connection: 'host=127.0.0.1 port=1 password=*** dbname=a',
      secret: '(masked 2baa8d4f)',
      publications: ['a'],
      streaming: 'parallel',
      slot: 'other',
      disableOnError: 'yes',
      origin: 'none',
      runAsOwner: 'yes',
      passwordRequired: 'no',
    },
    pglite: 'no',
    lost: ['secret'],
  },
]

const PRIVILEGE_CASES: readonly Case[] = [
  {
    title: 'default privileges',
    family: [defaultPrivileges, defaultPrivilegesDdl],
    name: 'FOR ROLE @one ON FUNCTIONS',
    make: '',
    change:
      'alter default privileges for role @one revoke execute on functions from public; alter default privileges for role @one grant execute on functions to @two with grant option',
    changed: { privileges: ['+@two=EXECUTE*', '-PUBLIC=EXECUTE'] },
  },
  {
    title: 'default privileges in a schema',
    family: [defaultPrivileges, defaultPrivilegesDdl],
    name: 'FOR ROLE @one IN SCHEMA app ON SEQUENCES',
    make: 'alter default privileges for role @one in schema app grant select, update on sequences to @two',
    made: { privileges: ['+@two=SELECT', '+@two=UPDATE'] },
    change: 'alter default privileges for role @one in schema app revoke update on sequences from @two',
    changed: { privileges: ['+@two=SELECT'] },
  },
  ...(
    [
      ['function pg_catalog.pg_sleep(double precision)', 'execute', '-PUBLIC=EXECUTE'],
      ['table pg_catalog.pg_class', 'select', '-PUBLIC=SELECT'],
      ['table information_schema.tables', 'select', '-PUBLIC=SELECT'],
      ['schema information_schema', 'usage', '-PUBLIC=USAGE'],
      ['schema pg_catalog', 'usage', '-PUBLIC=USAGE'],
      ['type pg_catalog.int4', 'usage', '-PUBLIC=USAGE'],
      ['language plpgsql', 'usage', '-PUBLIC=USAGE'],
    ] as const
  ).map(([name, privilege, missing]) => ({
    title: `privileges on ${name}`,
    family: [systemObjects, systemObjectDdl] as const,
    name,
    make: '',
    change: `revoke ${privilege} on ${name} from public; grant ${privilege} on ${name} to @two`,
    changed: { privileges: [`+@two=${privilege.toUpperCase()}`, missing] },
  })),
  {
    title: 'privileges on a column of the system',
    family: [systemObjects, systemObjectDdl],
    name: 'column pg_catalog.pg_authid.rolname',
    make: '',
    change: 'grant select (rolname) on pg_catalog.pg_authid to @two',
    changed: { privileges: ['+@two=SELECT'], relation: 'pg_catalog.pg_authid', column: 'rolname' },
  },
  {
    title: 'privileges on a member of an extension',
    family: [systemObjects, systemObjectDdl],
    name: 'function app.bt_index_check(regclass)',
    pglite: 'no',
    before: `create extension amcheck schema app version '1.0'`,
    make: 'grant execute on function app.bt_index_check(regclass) to @one',
    made: { privileges: ['+@one=EXECUTE'] },
    change: 'grant execute on function app.bt_index_check(regclass) to @one, @two with grant option',
    changed: { privileges: ['+@one=EXECUTE*', '+@two=EXECUTE*'] },
  },
  {
    title: 'privileges on a parameter',
    family: [systemObjects, systemObjectDdl],
    name: 'parameter log_statement',
    since: 15,
    make: 'grant set on parameter log_statement to @one',
    made: { privileges: ['+@one=SET'] },
    change: 'grant alter system on parameter log_statement to @one',
    changed: { privileges: ['+@one=ALTER SYSTEM', '+@one=SET'] },
  },
]

const ROLE_CASES: readonly Case[] = [
  {
    title: 'role',
    family: [roles, roleDdl],
    name: '@one_new',
    make: 'create role @one_new',
    made: {},
    change: `alter role @one_new superuser noinherit createrole createdb login replication bypassrls connection limit 3 valid until '2031-01-02 03:04:05+00' password 'secret';
      alter role @one_new set search_path = "$user", app, "A, b"; alter role @one_new set application_name = 'it''s \\'; alter role @one_new set app.jwt_secret = 'x'; comment on role @one_new is 'c'`,
    changed: {
      superuser: 'yes',
      inherit: 'no',
      createRole: 'yes',
      createDatabase: 'yes',
      login: 'yes',
      replication: 'yes',
      bypassRls: 'yes',
      connectionLimit: '3',
      validUntil: '2031-01-02 03:04:05.000000 UTC',
      password: 'yes',
      settings: [
        'app.jwt_secret=(masked f067622d)',
        "application_name=it's \\",
        'search_path="$user", app, "A, b"',
      ],
      comment: 'c',
    },
    lost: ['password', 'settings'],
  },
  {
    title: 'role with settings',
    family: [roles, roleDdl],
    name: '@one_new',
    make: `create role @one_new; alter role @one_new set search_path = ''; alter role @one_new set work_mem = '1MB'`,
    made: { settings: ['search_path=""', 'work_mem=1MB'] },
    change: `alter role @one_new set search_path = "$user", app, "A, ""b"; alter role @one_new set application_name = 'it''s \\'; alter role @one_new reset work_mem`,
    changed: { settings: ["application_name=it's \\", 'search_path="$user", app, "A, ""b"'] },
  },
  {
    title: 'membership until 15',
    family: [roles, roleDdl],
    name: '@one_new',
    until: 15,
    make: 'create role @one_new; grant @one to @one_new',
    made: { memberOf: ['@one'] },
    change: 'grant @one to @one_new with admin option; grant @two to @one_new',
    changed: { memberOf: ['@one WITH ADMIN OPTION', '@two'] },
  },
  {
    title: 'membership since 16',
    family: [roles, roleDdl],
    name: '@one_new',
    since: 16,
    make: 'create role @one_new; grant @one to @one_new; grant @two to @three with admin option',
    made: { memberOf: ['@one WITH INHERIT true'] },
    change:
      'grant @one to @one_new with admin true, inherit false, set false; grant @two to @one_new granted by @three',
    changed: {
      memberOf: [
        '@one WITH ADMIN TRUE, INHERIT false, SET FALSE',
        '@two WITH INHERIT true GRANTED BY @three',
      ],
    },
  },
  {
    title: 'database',
    family: [database, databaseDdl],
    name: 'current database',
    pglite: 'no',
    make: '',
    made: {},
    change: `do $$begin
        execute format('alter database %I set search_path = app, public', current_database());
        execute format('alter database %I set application_name = %L', current_database(), 'it''s \\');
        execute format('alter role @one in database %I set work_mem = ''1MB''', current_database());
        execute format('alter database %I connection limit 7', current_database());
        execute format('comment on database %I is %L', current_database(), 'it''s \\');
        execute format('grant create on database %I to @two', current_database());
        execute format('revoke connect on database %I from public', current_database());
      end$$`,
    changed: {
      settings: ["application_name=it's \\", 'search_path=app, public'],
      roleSettings: ['@one: work_mem=1MB'],
      connectionLimit: '7',
      comment: "it's \\",
      privileges: ['+@two=CREATE', '-PUBLIC=CONNECT'],
    },
    drop: 'always there',
  },
]

export const SERVER_CASES: readonly Case[] = [...REPLICATION_CASES, ...PRIVILEGE_CASES, ...ROLE_CASES]
