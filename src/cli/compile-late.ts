import { setFlagsFromString } from 'node:v8'

/**
 * What V8 takes for worth optimising is meant for programs that run for hours. Most runs end in a second or two, and beside a server that
 * wants the same processors: of a round trip's time on two of them a third of what this process used went into optimised code that was
 * hardly run. Work that is large, such as parsing many megabytes, comes by it all the same, a little later. Both flags are thresholds that
 * are read when a function or module is first run; nothing that runs already depends on them, as the manual of node:v8 warns of others.
 */
const LATE = {
  // In bytes of WebAssembly run (default 1.8 million in V8 11): a large function of the SQL parser counts as run after a few thousand words.
  'wasm-tiering-budget': 2_000_000_000,
  // In bytes of bytecode (default 66 thousand).
  'interrupt-budget': 500_000,
}

/** The flags are those of V8 11 to 13; of one that it does not know V8 complains on stderr. */
const KNOWN = { from: 11, to: 13 }

/**
 * Has the engine compile later what is run often.
 * @param v8Version as `process.versions.v8`
 */
export function compileLate(v8Version: string): void {
  const major = Number.parseInt(v8Version, 10)
  if (!(major >= KNOWN.from && major <= KNOWN.to)) return
  for (const [flag, value] of Object.entries(LATE)) setFlagsFromString(`--${flag}=${value}`)
}
