import type { EventSink, Report } from '../core/run.ts'
import { record } from '../engine/recorder.ts'
import type { FileWriter } from '../ports.ts'

export interface InitInput {
  /** The folder of the migrations. */
  readonly directory: string
  /** The configuration file. */
  readonly configFile: string
  readonly config: Readonly<Record<string, string>>
}

/** Makes the folder of the migrations and a configuration file. What exists stays as it is. */
export function init(files: FileWriter, emit: EventSink, input: InitInput): Promise<Report> {
  return record('init', false, emit, async (recorder) => {
    await files.createFile(input.configFile, `${JSON.stringify(input.config, undefined, 2)}\n`)
    const made = await files.createDirectory(input.directory)
    recorder.add({ files: made ? [input.configFile, input.directory] : [input.configFile] })
    return 0
  })
}
