#!/usr/bin/env node
import { compileLate, processEnvironment, run } from '../dist/sqlmig.js'

compileLate(process.versions.v8)
process.exitCode = await run(process.argv.slice(2), processEnvironment())
