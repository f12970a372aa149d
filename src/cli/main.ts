import type { ExitCode } from '../core/errors.ts'
import { TOOL_VERSION } from '../tool-version.ts'
import type { CliEnvironment } from './environment.ts'

export { compileLate } from './compile-late.ts'
export { processEnvironment } from './environment.ts'

/**
 * Runs one command line. Nothing outside the given environment is touched, and nothing is thrown.
 * @param argv the arguments, without the runtime and the script
 * @returns the exit code
 */
export async function run(argv: readonly string[], environment: CliEnvironment): Promise<ExitCode> {
  const [only, ...others] = argv
  // Scripts ask for it again and again, and nothing has to be loaded for it.
  if ((only === '--version' || only === '-V') && others.length === 0) {
    environment.stdout.write(`${TOOL_VERSION}\n`)
    return 0
  }
  const { runCommandLine } = await import('./command-line.ts')
  return runCommandLine(argv, environment)
}
