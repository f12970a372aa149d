import { sharedPglite } from '../support/session.ts'
import { describeDataSnapshots } from './data-contract.ts'
import { describeSequencePositions } from './positions-contract.ts'
import { describeCatalogSnapshots } from './snapshot-contract.ts'

const fresh = sharedPglite()

describeCatalogSnapshots('pglite', fresh)
describeDataSnapshots('pglite', fresh)
describeSequencePositions('pglite', fresh)
