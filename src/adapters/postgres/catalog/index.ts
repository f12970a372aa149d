import { accessMethods } from './access-methods.ts'
import { aggregates } from './aggregates.ts'
import { casts } from './casts.ts'
import { collations } from './collations.ts'
import { columns } from './columns.ts'
import { constraints } from './constraints.ts'
import { conversions } from './conversions.ts'
import { database } from './database.ts'
import { defaultPrivileges } from './default-privileges.ts'
import { domains } from './domains.ts'
import { eventTriggers } from './event-triggers.ts'
import { extensions } from './extensions.ts'
import { foreignDataWrappers } from './foreign-data-wrappers.ts'
import { foreignTables } from './foreign-tables.ts'
import { functions } from './functions.ts'
import { indexes } from './indexes.ts'
import type { CatalogKind } from './kind.ts'
import { languages } from './languages.ts'
import { largeObjects } from './large-objects.ts'
import { materializedViews } from './materialized-views.ts'
import { operatorClasses } from './operator-classes.ts'
import { operatorFamilies } from './operator-families.ts'
import { operators } from './operators.ts'
import { policies } from './policies.ts'
import { publications } from './publications.ts'
import { roles } from './roles.ts'
import { rules } from './rules.ts'
import { schemas } from './schemas.ts'
import { sequences } from './sequences.ts'
import { servers } from './servers.ts'
import { statistics } from './statistics.ts'
import { subscriptions } from './subscriptions.ts'
import { systemObjects } from './system-objects.ts'
import { tables } from './tables.ts'
import { textSearch } from './text-search.ts'
import { transforms } from './transforms.ts'
import { triggers } from './triggers.ts'
import { types } from './types.ts'
import { userMappings } from './user-mappings.ts'
import { views } from './views.ts'

/** Every kind of object that is compared. */
export const CATALOG_KINDS: readonly CatalogKind[] = [
  accessMethods,
  aggregates,
  casts,
  collations,
  columns,
  constraints,
  conversions,
  database,
  defaultPrivileges,
  domains,
  eventTriggers,
  extensions,
  foreignDataWrappers,
  foreignTables,
  functions,
  indexes,
  languages,
  largeObjects,
  materializedViews,
  operatorClasses,
  operatorFamilies,
  operators,
  policies,
  publications,
  roles,
  rules,
  schemas,
  sequences,
  servers,
  statistics,
  subscriptions,
  systemObjects,
  tables,
  textSearch,
  transforms,
  triggers,
  types,
  userMappings,
  views,
]
