export { literal, quoteName } from '../../core/sql-literal.ts'
