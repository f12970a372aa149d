#!/usr/bin/env node
import { processEnvironment, run } from '../dist/sqlmig.js'

process.exitCode = await run(process.argv.slice(2), processEnvironment())
