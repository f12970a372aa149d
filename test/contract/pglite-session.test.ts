import { pgliteInMemory } from '../support/session.ts'
import { describeCopy } from './copy-contract.ts'
import { describeSession } from './session-contract.ts'
import { describeSessionState } from './session-state-contract.ts'

const fresh = async () => pgliteInMemory()

describeSession('pglite', fresh)
describeCopy('pglite', fresh)
describeSessionState('pglite', fresh)
