import type { ObjectKind } from '../catalog.ts'
import { accessMethodDdl } from './access-method.ts'
import { aggregateDdl } from './aggregate.ts'
import { castDdl } from './cast.ts'
import { collationDdl } from './collation.ts'
import { column } from './column.ts'
import { constraintDdl } from './constraint.ts'
import { conversionDdl } from './conversion.ts'
import { databaseDdl } from './database.ts'
import { defaultPrivilegesDdl } from './default-privileges.ts'
import { domainDdl } from './domain.ts'
import { eventTriggerDdl } from './event-trigger.ts'
import { extensionDdl } from './extension.ts'
import { foreignDataWrapperDdl } from './foreign-data-wrapper.ts'
import { foreignTable } from './foreign-table.ts'
import { functionDdl } from './function.ts'
import { indexDdl } from './indexes.ts'
import { languageDdl } from './language.ts'
import { largeObjectDdl } from './large-object.ts'
import { materializedViewDdl } from './materialized-view.ts'
import { operatorDdl } from './operator.ts'
import { operatorClassDdl } from './operator-class.ts'
import { operatorFamilyDdl } from './operator-family.ts'
import { policyDdl } from './policy.ts'
import { publicationDdl } from './publication.ts'
import { roleDdl } from './role.ts'
import { ruleDdl } from './rule.ts'
import { schemaDdl } from './schema.ts'
import { sequenceDdl } from './sequence.ts'
import { serverDdl } from './server.ts'
import { statisticsDdl } from './statistics.ts'
import { subscriptionDdl } from './subscription.ts'
import { systemObjectDdl } from './system-object.ts'
import { table } from './table.ts'
import {
  textSearchConfigurationDdl,
  textSearchDictionaryDdl,
  textSearchParserDdl,
  textSearchTemplateDdl,
} from './text-search.ts'
import { transformDdl } from './transform.ts'
import { triggerDdl } from './trigger.ts'
import { typeDdl } from './type.ts'
import { userMappingDdl } from './user-mapping.ts'
import { viewDdl } from './view.ts'
import type { DdlWriter } from './writer.ts'

/** Who writes the SQL of which kind. */
export const DDL_WRITERS: Readonly<Record<ObjectKind, DdlWriter>> = {
  'access-method': accessMethodDdl,
  aggregate: aggregateDdl,
  cast: castDdl,
  collation: collationDdl,
  column,
  constraint: constraintDdl,
  conversion: conversionDdl,
  database: databaseDdl,
  'default-privileges': defaultPrivilegesDdl,
  domain: domainDdl,
  'event-trigger': eventTriggerDdl,
  extension: extensionDdl,
  'foreign-data-wrapper': foreignDataWrapperDdl,
  'foreign-table': foreignTable,
  function: functionDdl,
  index: indexDdl,
  language: languageDdl,
  'large-object': largeObjectDdl,
  'materialized-view': materializedViewDdl,
  operator: operatorDdl,
  'operator-class': operatorClassDdl,
  'operator-family': operatorFamilyDdl,
  policy: policyDdl,
  procedure: functionDdl,
  publication: publicationDdl,
  role: roleDdl,
  rule: ruleDdl,
  schema: schemaDdl,
  sequence: sequenceDdl,
  server: serverDdl,
  statistics: statisticsDdl,
  subscription: subscriptionDdl,
  'system-object': systemObjectDdl,
  table,
  'text-search-configuration': textSearchConfigurationDdl,
  'text-search-dictionary': textSearchDictionaryDdl,
  'text-search-parser': textSearchParserDdl,
  'text-search-template': textSearchTemplateDdl,
  transform: transformDdl,
  trigger: triggerDdl,
  type: typeDdl,
  'user-mapping': userMappingDdl,
  view: viewDdl,
}
