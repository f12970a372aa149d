import { LOCK_FILE, lockFindings, parseLockFile } from '../core/lock-file.ts'
import { type MigrationFolder, pairFiles } from '../core/migration.ts'
import type { EngineContext } from './context.ts'

/** The migrations of the folder, with what its lock file and the command say of them and of the head. */
export async function readFolder({
  source,
  pinnedHead,
}: Pick<EngineContext, 'source' | 'pinnedHead'>): Promise<MigrationFolder> {
  const folder = pairFiles(await source.read())
  const asked = pinnedHead === undefined ? [] : [{ hash: pinnedHead, source: '--head' }]
  const file = await source.readBeside(LOCK_FILE)
  if (file === undefined) return { ...folder, pins: asked }
  const { lock, findings } = parseLockFile(file)
  // A lock file that cannot be read whole says nothing of the files for certain.
  const about = findings.length > 0 ? findings : lockFindings(lock, folder.migrations)
  const pinned = lock.head === undefined ? [] : [{ hash: lock.head, source: LOCK_FILE }]
  return { ...folder, findings: [...folder.findings, ...about], pins: [...asked, ...pinned] }
}
