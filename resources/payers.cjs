'use strict';
const { readFile } = require('node:fs/promises');
const { resolve } = require('node:path');
const { parse } = require('yaml');
const onNode24 = require('../onNode24.cjs');

/**
 * What of the stack is made of the payers file, for `${file(resources/payers.cjs):...}`: `resources`, and the lists
 * `copyPolicies`, `reconcilePolicies` and `ruleArns` that other resources refer to.
 */
async function fromPayers({ resolveVariable }) {
  // The first that the framework reads of what is TypeScript, and it runs the functions themselves (`sls invoke local`).
  await onNode24();
  const { parsePayers } = require('../src/config/payers.ts');
  const { payerResources } = require('../src/config/payerResources.ts');
  const payersFile = await resolveVariable('param:payersFile');
  const organizationId = await resolveVariable('param:organizationId');
  try {
    const payers = parsePayers(parse(await readFile(resolve(__dirname, '..', payersFile), 'utf8')));
    return payerResources(payers, organizationId);
  } catch (error) {
    // The framework prints the stack where there is one: whoever mends the file needs the sentence alone.
    throw Object.assign(error, { stack: `${payersFile}: ${error.message}` });
  }
}

const only = (name) => async (context) => (await fromPayers(context))[name];

module.exports = {
  resources: async (context) => ({ Resources: await only('resources')(context) }),
  copyPolicies: only('copyPolicies'),
  reconcilePolicies: only('reconcilePolicies'),
  ruleArns: only('ruleArns'),
};
