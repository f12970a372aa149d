import { createJsonReporter } from './json.ts'
import type { ReporterFactory } from './output.ts'

/** Reporters by the name that `--reporter` takes; each is loaded when it is asked for. */
export const REPORTERS: Readonly<Record<string, () => Promise<ReporterFactory>>> = {
  terminal: async () => (await import('./terminal.ts')).createTerminalReporter,
  json: async () => createJsonReporter,
  junit: async () => (await import('./junit.ts')).createJunitReporter,
  github: async () => (await import('./github.ts')).createGithubReporter,
  markdown: async () => (await import('./markdown.ts')).createMarkdownReporter,
  html: async () => (await import('./html.ts')).createHtmlReporter,
}
