import { type CatalogObject, listFact } from '../catalog.ts'

/** ALTER … DEPENDS ON EXTENSION from one fact `dependsOnExtensions` to another. */
export function extensionChanges(target: string, from: CatalogObject, to: CatalogObject): readonly string[] {
  const before = listFact(from, 'dependsOnExtensions')
  const after = listFact(to, 'dependsOnExtensions')
  return [
    ...before
      .filter((name) => !after.includes(name))
      .map((name) => `ALTER ${target} NO DEPENDS ON EXTENSION ${name}`),
    ...after
      .filter((name) => !before.includes(name))
      .map((name) => `ALTER ${target} DEPENDS ON EXTENSION ${name}`),
  ]
}
