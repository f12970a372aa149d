import { accessMethods } from '../../src/adapters/postgres/catalog/access-methods.ts'
import { eventTriggers } from '../../src/adapters/postgres/catalog/event-triggers.ts'
import { extensions } from '../../src/adapters/postgres/catalog/extensions.ts'
import { foreignDataWrappers } from '../../src/adapters/postgres/catalog/foreign-data-wrappers.ts'
import { languages } from '../../src/adapters/postgres/catalog/languages.ts'
import { largeObjects } from '../../src/adapters/postgres/catalog/large-objects.ts'
import { schemas } from '../../src/adapters/postgres/catalog/schemas.ts'
import { servers } from '../../src/adapters/postgres/catalog/servers.ts'
import { transforms } from '../../src/adapters/postgres/catalog/transforms.ts'
import { userMappings } from '../../src/adapters/postgres/catalog/user-mappings.ts'
import { accessMethodDdl } from '../../src/core/ddl/access-method.ts'
import { eventTriggerDdl } from '../../src/core/ddl/event-trigger.ts'
import { extensionDdl } from '../../src/core/ddl/extension.ts'
import { foreignDataWrapperDdl } from '../../src/core/ddl/foreign-data-wrapper.ts'
import { languageDdl } from '../../src/core/ddl/language.ts'
import { largeObjectDdl } from '../../src/core/ddl/large-object.ts'
import { schemaDdl } from '../../src/core/ddl/schema.ts'
import { serverDdl } from '../../src/core/ddl/server.ts'
import { transformDdl } from '../../src/core/ddl/transform.ts'
import { userMappingDdl } from '../../src/core/ddl/user-mapping.ts'
import { type Case, OWNED } from './catalog-others-case.ts'

const SCHEMA_CASES: readonly Case[] = [
  {
    title: 'schema',
    family: [schemas, schemaDdl],
    name: 's',
    make: 'create schema s',
    made: OWNED,
    change: `alter schema s owner to @one; comment on schema s is 'it''s \\ odd'; grant usage, create on schema s to @two; grant usage on schema s to public`,
    changed: {
      owner: '@one',
      comment: "it's \\ odd",
      privileges: ['+@two=CREATE', '+@two=USAGE', '+PUBLIC=USAGE'],
    },
  },
  {
    title: 'schema with a chain of grant options',
    family: [schemas, schemaDdl],
    name: 's',
    make: 'create schema s; alter schema s owner to @one; grant usage on schema s to @two',
    made: { owner: '@one', privileges: ['+@two=USAGE'] },
    change: `set role @one; grant usage, create on schema s to @two with grant option; grant create on schema s to @one with grant option;
      revoke usage on schema s from @one; set role @two; grant usage on schema s to @three with grant option;
      set role @three; grant usage on schema s to public; reset role`,
    changed: {
      owner: '@one',
      privileges: [
        '+@one=CREATE*',
        '+@three=USAGE*/@two',
        '+@two=CREATE*',
        '+@two=USAGE*',
        '+PUBLIC=USAGE/@three',
        '-@one=CREATE',
        '-@one=USAGE',
      ],
    },
  },
  {
    title: 'schema whose new owner had privileges',
    family: [schemas, schemaDdl],
    name: 's',
    make: 'create schema s; alter schema s owner to @one; grant usage on schema s to @two; grant usage on schema s to @three; revoke create on schema s from @one',
    made: { owner: '@one', privileges: ['+@three=USAGE', '+@two=USAGE', '-@one=CREATE'] },
    change: 'alter schema s owner to @two; revoke usage on schema s from @two',
    changed: { owner: '@two', privileges: ['+@three=USAGE', '-@two=CREATE', '-@two=USAGE'] },
  },
]

const EXTENSION_CASES: readonly Case[] = [
  {
    title: 'extension',
    family: [extensions, extensionDdl],
    name: 'amcheck',
    pglite: 'no',
    make: `create extension amcheck schema app version '1.1'; comment on extension amcheck is 'before'`,
    made: { version: '1.1', schema: 'app', comment: 'before' },
    change: `alter extension amcheck update to '1.2'; alter extension amcheck set schema public; comment on extension amcheck is 'after'`,
    changed: { version: '1.2', schema: 'public', comment: 'after' },
    alter: 'one way',
  },
  {
    title: 'language',
    family: [languages, languageDdl],
    name: 'tongue',
    make: 'create trusted language tongue handler plpgsql_call_handler',
    made: { ...OWNED, trusted: 'yes', handler: 'pg_catalog.plpgsql_call_handler' },
    change: `create or replace trusted language tongue handler plpgsql_call_handler inline plpgsql_inline_handler validator plpgsql_validator;
      alter language tongue owner to @one; comment on language tongue is 'c'; revoke usage on language tongue from public; grant usage on language tongue to @two`,
    changed: {
      owner: '@one',
      handler: 'pg_catalog.plpgsql_call_handler',
      inline: 'pg_catalog.plpgsql_inline_handler',
      validator: 'pg_catalog.plpgsql_validator',
      trusted: 'yes',
      comment: 'c',
      privileges: ['+@two=USAGE', '-PUBLIC=USAGE'],
    },
  },
  {
    title: 'language that is not trusted',
    family: [languages, languageDdl],
    name: 'tongue',
    make: 'create trusted language tongue handler plpgsql_call_handler inline plpgsql_inline_handler',
    made: {
      ...OWNED,
      trusted: 'yes',
      handler: 'pg_catalog.plpgsql_call_handler',
      inline: 'pg_catalog.plpgsql_inline_handler',
    },
    change: 'create or replace language tongue handler plpgsql_call_handler',
    changed: { ...OWNED, handler: 'pg_catalog.plpgsql_call_handler' },
  },
  {
    title: 'transform',
    family: [transforms, transformDdl],
    name: 'FOR app.odd LANGUAGE plpgsql',
    before: `create type app.odd as (a integer); create function app.read(internal) returns internal language internal immutable as 'textout';
      create function app.write(internal) returns app.odd language internal immutable as 'textout'`,
    make: 'create transform for app.odd language plpgsql (from sql with function app.read(internal))',
    made: { fromSql: 'app.read' },
    change: `create or replace transform for app.odd language plpgsql (to sql with function app.write(internal)); comment on transform for app.odd language plpgsql is 'c'`,
    changed: { toSql: 'app.write', comment: 'c' },
  },
  {
    title: 'access method',
    family: [accessMethods, accessMethodDdl],
    name: 'heap2',
    make: 'create access method heap2 type table handler heap_tableam_handler',
    made: { type: 'table', handler: 'pg_catalog.heap_tableam_handler' },
    change: `drop access method heap2; create access method heap2 type index handler bthandler; comment on access method heap2 is 'c'`,
    changed: { type: 'index', handler: 'pg_catalog.bthandler', comment: 'c' },
    alter: 'no',
  },
]

const FOREIGN_CASES: readonly Case[] = [
  {
    title: 'foreign-data wrapper',
    family: [foreignDataWrappers, foreignDataWrapperDdl],
    name: '"W x"',
    before: `create function app.fdw() returns fdw_handler language internal as 'heap_tableam_handler';
      create function app.valid(text[], oid) returns boolean language sql as 'select true'`,
    make: `create foreign data wrapper "W x" options (a '1', b '2')`,
    made: { ...OWNED, options: ['a=1', 'b=2'] },
    change: `alter foreign data wrapper "W x" handler app.fdw options (set a '3', drop b, add "C c" 'it''s'); alter foreign data wrapper "W x" validator app.valid;
      comment on foreign data wrapper "W x" is 'c'; grant usage on foreign data wrapper "W x" to @two with grant option`,
    changed: {
      ...OWNED,
      options: ["C c=it's", 'a=3'],
      handler: 'app.fdw',
      validator: 'app.valid',
      comment: 'c',
      privileges: ['+@two=USAGE*'],
    },
  },
  {
    title: 'server',
    family: [servers, serverDdl],
    name: 'srv',
    before: 'create foreign data wrapper w',
    make: `create server srv type 't' version '1' foreign data wrapper w options (host 'a')`,
    made: { ...OWNED, wrapper: 'w', type: 't', version: '1', options: ['host=a'] },
    change: `alter server srv version '2' options (set host 'b', add port '1'); comment on server srv is 'c'; grant usage on foreign server srv to @two; grant usage on foreign data wrapper w to @one; alter server srv owner to @one`,
    changed: {
      owner: '@one',
      wrapper: 'w',
      type: 't',
      version: '2',
      options: ['host=b', 'port=1'],
      comment: 'c',
      privileges: ['+@two=USAGE'],
    },
  },
  {
    title: 'server of another type',
    family: [servers, serverDdl],
    name: 'srv',
    before: 'create foreign data wrapper w',
    make: 'create server srv foreign data wrapper w',
    made: { ...OWNED, wrapper: 'w' },
    change: `drop server srv; create server srv type 't' foreign data wrapper w`,
    changed: { ...OWNED, wrapper: 'w', type: 't' },
    alter: 'no',
  },
  {
    title: 'user mapping',
    family: [userMappings, userMappingDdl],
    name: '@one SERVER srv',
    before: 'create foreign data wrapper w; create server srv foreign data wrapper w',
    make: `create user mapping for @one server srv options ("user" 'a')`,
    made: { options: ['user=a'] },
    change: `alter user mapping for @one server srv options (set "user" 'b', add area 'x')`,
    changed: { options: ['area=x', 'user=b'] },
  },
  {
    title: 'user mapping of everyone, with a password',
    family: [userMappings, userMappingDdl],
    name: 'PUBLIC SERVER srv',
    before: 'create foreign data wrapper w; create server srv foreign data wrapper w',
    make: 'create user mapping for public server srv',
    made: {},
    change: `alter user mapping for public server srv options (add password 'secret')`,
    changed: { options: ['password=(masked 02b73435)'] },
    lost: ['options'],
  },
]

const EVENT_TRIGGER_CASES: readonly Case[] = [
  {
    title: 'event trigger',
    family: [eventTriggers, eventTriggerDdl],
    name: 'e',
    before: 'create function app.f() returns event_trigger language plpgsql as $$begin end$$',
    make: `create event trigger e on ddl_command_start when tag in ('DROP TABLE', 'CREATE TABLE') execute function app.f()`,
    made: {
      ...OWNED,
      event: 'ddl_command_start',
      tags: ['CREATE TABLE', 'DROP TABLE'],
      function: 'app.f',
    },
    change: `alter event trigger e enable always; comment on event trigger e is 'c'`,
    changed: {
      ...OWNED,
      event: 'ddl_command_start',
      tags: ['CREATE TABLE', 'DROP TABLE'],
      function: 'app.f',
      enabled: 'always',
      comment: 'c',
    },
  },
  {
    title: 'event trigger of another event',
    family: [eventTriggers, eventTriggerDdl],
    name: 'e',
    before: 'create function app.f() returns event_trigger language plpgsql as $$begin end$$',
    make: 'create event trigger e on ddl_command_start execute function app.f()',
    made: { ...OWNED, event: 'ddl_command_start', function: 'app.f' },
    change:
      'drop event trigger e; create event trigger e on sql_drop execute function app.f(); alter event trigger e disable',
    changed: { ...OWNED, event: 'sql_drop', function: 'app.f', enabled: 'disabled' },
    alter: 'no',
  },
]

const LARGE_OBJECT_CASES: readonly Case[] = [
  {
    title: 'large object',
    family: [largeObjects, largeObjectDdl],
    name: '4711',
    make: 'select lo_create(4711)',
    made: OWNED,
    change: `alter large object 4711 owner to @one; comment on large object 4711 is 'c'; grant select on large object 4711 to @two; select lo_put(4711, 0, 'abc')`,
    changed: {
      owner: '@one',
      comment: 'c',
      privileges: ['+@two=SELECT'],
      content: '6ca33d1784705c9dce0641bd71d6db7d',
    },
    lost: ['content'],
  },
]

export const CASES: readonly Case[] = [
  ...SCHEMA_CASES,
  ...EXTENSION_CASES,
  ...FOREIGN_CASES,
  ...EVENT_TRIGGER_CASES,
  ...LARGE_OBJECT_CASES,
]
