import type { ReporterFactory } from './output.ts'

/** One document, when the run has ended, also when it failed. */
export const createJsonReporter: ReporterFactory = ({ data }) => ({
  on(event) {
    if (event.type === 'run.finished') data(`${JSON.stringify(event.report, undefined, 2)}\n`)
  },
})
