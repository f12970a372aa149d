import { createJsonReporter } from './json.ts'
import type { ReporterFactory } from './output.ts'

/** Reporters by the name that `--reporter` takes; each is loaded when it is asked for. */
export const REPORTERS: Readonly<Record<string, () => Promise<ReporterFactory>>> = {
  terminal: async () => (await import('./terminal.ts')).createTerminalReporter,
  json: async () => createJsonReporter,
}
