import { sharedPglite } from '../support/session.ts'
import { describeHistory } from './history-contract.ts'
import { describeHistoryNames } from './history-names-contract.ts'

const fresh = sharedPglite()

describeHistory('pglite', fresh)
describeHistoryNames('pglite', fresh)
