/** The result of the second; neither is left running when the other fails. */
export async function bothDone<T>(first: Promise<T>, second: Promise<T>): Promise<T> {
  const [one] = await Promise.allSettled([first, second])
  if (one.status === 'rejected') throw one.reason
  return second
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
