/**
 * Works that go on beside each other. As soon as one fails, the others are told to stop, and what failed first is the failure of all of
 * them: the others only say that they were stopped.
 */
export class Beside {
  /** Aborted with the run, or when one of the works has failed. */
  readonly signal: AbortSignal
  private readonly stop = new AbortController()
  private first: { readonly error: unknown } | undefined

  constructor(run: AbortSignal) {
    this.signal = AbortSignal.any([run, this.stop.signal])
  }

  async work<T>(work: Promise<T>): Promise<T> {
    try {
      return await work
    } catch (error) {
      this.first ??= { error }
      this.stop.abort()
      throw this.first.error
    }
  }

  /** The results of both; neither is left running when the other fails. */
  async both<A, B>(first: Promise<A>, second: Promise<B>): Promise<[A, B]> {
    const works = [this.work(first), this.work(second)] as const
    await Promise.allSettled(works)
    return Promise.all(works)
  }
}

/** The end of something that runs beside; its failure waits until somebody asks for the result. */
export function settled<T>(work: Promise<T>): Promise<() => T> {
  return work.then(
    (result) => () => result,
    (error: unknown) => () => {
      throw error
    },
  )
}
