import type { EventSink } from './core/run.ts'

/** Reporters show paths, and the parts of a run know only the names of files. */
export function inDirectory(directory: string, sink: EventSink): EventSink {
  return (event) => sink(event.type === 'run.started' ? { ...event, directory } : event)
}

/** A sink whose failures stay its own. */
export function safely(sink: EventSink | undefined): EventSink {
  if (sink === undefined) return () => {}
  return (event) => {
    // A listener must not be able to stop a migration halfway, nor to end the process by a rejection that nobody handles.
    try {
      const answer: unknown = sink(event)
      if (answer instanceof Promise) answer.catch(() => {})
    } catch {
      return
    }
  }
}
