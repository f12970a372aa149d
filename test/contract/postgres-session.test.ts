import { createTestDatabase } from '../support/database.ts'
import { postgresAt } from '../support/session.ts'
import { describeSession } from './session-contract.ts'
import { describeSessionState } from './session-state-contract.ts'

const fresh = async () => postgresAt((await createTestDatabase()).url)

describeSession('postgres', fresh)
describeSessionState('postgres', fresh)
