/** Where sequences stand, by qualified name: the last value that was handed out, null where none was. */
export type SequencePositions = ReadonlyMap<string, string | null>

/** A sequence that does not stand where it stood: the last values that it had handed out, null where it had handed out none. */
export interface SequenceMove {
  /** Qualified. */
  readonly name: string
  readonly before: string | null
  readonly after: string | null
}

/** The sequences that are there at both moments and have moved in between, by name. */
export function sequenceMoves(before: SequencePositions, after: SequencePositions): SequenceMove[] {
  return [...before].flatMap(([name, stood]) => {
    const stands = after.get(name)
    return stands === undefined || stands === stood ? [] : [{ name, before: stood, after: stands }]
  })
}
