'use strict';
const { mkdirSync, writeFileSync } = require('node:fs');
const { dirname, join } = require('node:path');

/**
 * Runs at the end of `npm ci`, and has npm say nothing of its own from then on: before each script
 * it would print a banner on stdout, and `npm start -- --json` is one document. npm has one setting
 * for the banner and for the reasons why an installation fails (`loglevel`), and with `json` it
 * adds a document of its own to a status other than 0. So the setting comes with the installation:
 * `.npmrc` is a link to this file, and leads nowhere until `npm ci` has succeeded.
 */
const FILE = join(__dirname, '../../node_modules/.cache/npmrc');

mkdirSync(dirname(FILE), { recursive: true });
writeFileSync(FILE, '# Written by src/launcher/quietScripts.cjs, which says why.\nloglevel=silent\n');
