import { pgliteInMemory } from '../support/session.ts'
import { describeSession } from './session-contract.ts'
import { describeSessionState } from './session-state-contract.ts'

const fresh = async () => pgliteInMemory()

// A file with it never gets that far: its findings refuse the run.
describeSession('pglite', fresh, 'ends the engine')
describeSessionState('pglite', fresh)
