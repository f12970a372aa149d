import type { Extensions } from '@electric-sql/pglite'
import { SqlmigError } from '../../core/errors.ts'
import type { ExtensionUse } from '../../core/extensions.ts'

/** Extensions that come in packages of their own; all others are sought among PGlite's contrib modules. */
const OWN_PACKAGES: ReadonlyMap<string, string> = new Map([['vector', '@electric-sql/pglite-pgvector']])

/** Names that can stand in a module specifier as they are. */
const SAFE_NAME = /^\w[\w-]*$/

const BUILT_IN = new Set(['plpgsql'])

/**
 * Loads what PGlite needs for the extensions that the migrations name.
 * @throws SqlmigError `EXTENSION_UNAVAILABLE`, `PACKAGE_MISSING`
 */
export async function loadExtensions(uses: readonly ExtensionUse[]): Promise<Extensions> {
  const loaded: Extensions = {}
  for (const { extension, file, required } of uses) {
    if (BUILT_IN.has(extension)) continue
    const module = await loadModule(extension)
    if (module !== undefined) loaded[extension] = module
    else if (required) throw unavailable(extension, file)
  }
  return loaded
}

async function loadModule(extension: string): Promise<Extensions[string] | undefined> {
  if (!SAFE_NAME.test(extension)) return undefined
  const exported = extension.replaceAll('-', '_')
  const specifier = OWN_PACKAGES.get(extension) ?? `@electric-sql/pglite/contrib/${exported}`
  try {
    const module = (await import(specifier)) as Record<string, Extensions[string] | undefined>
    return module[exported]
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    if (code === 'ERR_MODULE_NOT_FOUND' || code === 'ERR_PACKAGE_PATH_NOT_EXPORTED') return undefined
    throw error
  }
}

function unavailable(extension: string, file: string): SqlmigError {
  const ownPackage = OWN_PACKAGES.get(extension)
  const hint =
    ownPackage === undefined
      ? 'PGlite has the contrib extensions and pgvector only; use a PostgreSQL server that has it: --database postgres://…'
      : `npm install ${ownPackage}`
  return new SqlmigError('EXTENSION_UNAVAILABLE', { extension, file, hint })
}
