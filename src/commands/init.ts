import { isSqlmigError } from '../core/errors.ts'
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

/** Makes the folder of the migrations and a configuration file. What exists stays as it is; that both exist is an error. */
export function init(files: FileWriter, emit: EventSink, input: InitInput): Promise<Report> {
  return record('init', false, emit, async (recorder) => {
    const { configFile, directory, config } = input
    const content = `${JSON.stringify(config, undefined, 2)}\n`
    const exists = await files.createFile(configFile, content).then(
      () => undefined,
      (error: unknown) => {
        if (isSqlmigError(error, 'FILE_EXISTS')) return error
        throw error
      },
    )
    const madeFolder = await files.createDirectory(directory)
    if (exists !== undefined && !madeFolder) throw exists
    recorder.add({
      files: [...(exists === undefined ? [configFile] : []), ...(madeFolder ? [directory] : [])],
    })
    return 0
  })
}
