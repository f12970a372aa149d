import type postgres from 'postgres'
import { databaseFailure } from '../../core/errors.ts'
import { type Answer, type Session, StatementError } from '../../ports.ts'
import { CopyFeed } from './copy-feed.ts'
import { isServerError, lastRows, toFailure, toInternal } from './driver-values.ts'
import type { SocketFacade, WireAnswer } from './facade.ts'

/** Sends messages by the driver. While a COPY is under way nothing else may be sent: the server would miss it in the data. */
export function createExchange(
  driver: postgres.Sql,
  facade: SocketFacade,
): Pick<Session, 'send' | 'sendCopy'> {
  const exchange = exchanger(driver, facade)
  let copying: Promise<unknown> | undefined
  const queued = (work: () => Promise<Answer>): Promise<Answer> => {
    const answer = (copying ?? Promise.resolve()).then(work)
    const settled = answer.catch(() => {})
    copying = settled
    void settled.then(() => {
      if (copying === settled) copying = undefined
    })
    return answer
  }
  return {
    send: (message) => (copying === undefined ? exchange(message) : queued(() => exchange(message))),
    sendCopy: (statement, data) => queued(() => exchange(statement, new CopyFeed(data))),
  }
}

function exchanger(driver: postgres.Sql, facade: SocketFacade) {
  return async (message: string, copy?: CopyFeed): Promise<Answer> => {
    const wire = facade.expectAnswer(copy)
    // The driver sends a query when somebody waits for it.
    const driven = driver.unsafe(message).then(
      (result) => ({ result, error: undefined }),
      (error: unknown) => {
        // An error of the driver itself means that no message went out, and so no answer will come.
        if (!isServerError(error)) facade.lose(error instanceof Error ? error.message : 'the driver failed')
        return { result: undefined, error }
      },
    )
    const answer = await wire
    const { result, error } = await driven
    if (error !== undefined)
      throw isServerError(error)
        ? new StatementError(toFailure(error), answer.tags, toInternal(error))
        : error
    if (copy?.wanted === false) throw dataUnwanted(answer)
    return { tags: answer.tags, status: answer.status, rows: lastRows(result) }
  }
}

/** What was taken for COPY … FROM stdin was something else, and its data were sent nowhere. */
function dataUnwanted({ tags }: WireAnswer): StatementError {
  return new StatementError(
    databaseFailure({ sqlstate: '08P01', message: 'the server did not ask for the COPY data' }, undefined),
    tags,
  )
}
