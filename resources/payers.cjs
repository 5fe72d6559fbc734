'use strict';
const { readFile } = require('node:fs/promises');
const { resolve } = require('node:path');
const { parse } = require('yaml');

/**
 * What of the stack is made of the payers file, for `${file(resources/payers.cjs):...}`: `resources`, and the lists
 * `copyPolicies`, `reconcilePolicies` and `ruleArns` that other resources refer to.
 */
async function fromPayers({ resolveVariable }) {
  if (!process.features.typescript) {
    throw new Error(`packaging needs Node.js 24, this is ${process.version}: start it by npx or npm run`);
  }
  const { parsePayers } = require('../src/config/payers.ts');
  const { payerResources } = require('../src/config/payerResources.ts');
  const payersFile = resolve(__dirname, '..', await resolveVariable('param:payersFile'));
  const payers = parsePayers(parse(await readFile(payersFile, 'utf8')));
  return payerResources(payers, await resolveVariable('param:organizationId'));
}

const only = (name) => async (context) => (await fromPayers(context))[name];

module.exports = {
  resources: async (context) => ({ Resources: (await fromPayers(context)).resources }),
  copyPolicies: only('copyPolicies'),
  reconcilePolicies: only('reconcilePolicies'),
  ruleArns: only('ruleArns'),
};
