import type { Environment } from './config-file.ts'
import type { EventSink, Report } from './core/run.ts'
import { createScrubber, type Scrubber } from './core/scrubber.ts'
import type { HistoryStore, MigrationSource } from './ports.ts'

/** Knows what connection strings and PGPASSWORD say; the rest is learned where it is read. */
export function scrubberFor(
  texts: ReadonlyArray<string | undefined>,
  environment: Environment = {},
): Scrubber {
  const scrubber = createScrubber()
  for (const text of texts) scrubber.learnFrom(text ?? '', 'conninfo')
  scrubber.learn({ secrets: [environment['PGPASSWORD'] ?? ''], shown: [] })
  return scrubber
}

/** Events without passwords. */
export function discreetEvents(sink: EventSink, scrubber: Scrubber): EventSink {
  return (event) => sink(scrubber.clean(event))
}

type Command = (...input: readonly never[]) => Promise<Report>

/** Commands whose reports hold no passwords. */
export function discreetCommands<T extends Record<keyof T, Command>>(commands: T, scrubber: Scrubber): T {
  const discreet = Object.entries<Command>(commands).map(([name, command]) => [
    name,
    async (...input: readonly never[]) => scrubber.clean(await command(...input)),
  ])
  return Object.fromEntries(discreet) as T
}

/** Files whose passwords are known before anything of them is run: a server repeats what it does not understand. */
export function discreetSource(source: MigrationSource, scrubber: Scrubber): MigrationSource {
  return {
    ...source,
    async read() {
      const files = await source.read()
      for (const file of files) if ('bytes' in file) learnFromBytes(file.bytes, scrubber)
      return files
    },
  }
}

// In parts, because a file of rows may be huge, and each with a little of the next, so that nothing falls between two.
const PART = 1_000_000
const OVERLAP = 2000

function learnFromBytes(bytes: Uint8Array, scrubber: Scrubber): void {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  for (let at = 0; at < buffer.length; at += PART)
    scrubber.learnFrom(buffer.toString('utf8', at, Math.min(buffer.length, at + PART + OVERLAP)), 'sql')
}

/** The same of recorded SQL. */
export function discreetHistory(store: HistoryStore, scrubber: Scrubber): HistoryStore {
  return {
    ...store,
    async recordedSql(session, ids) {
      const found = await store.recordedSql(session, ids)
      for (const { up, down } of found.values()) scrubber.learnFrom(`${up ?? ''}\n${down ?? ''}`, 'sql')
      return found
    },
  }
}
