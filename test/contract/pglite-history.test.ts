import { sharedPglite } from '../support/session.ts'
import { describeAttestation } from './history-attest-contract.ts'
import { describeHistory } from './history-contract.ts'
import { describeHistoryNames } from './history-names-contract.ts'

const fresh = sharedPglite()

describeHistory('pglite', fresh)
describeAttestation('pglite', fresh)
describeHistoryNames('pglite', fresh)
