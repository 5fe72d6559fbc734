'use strict';
const { readFile } = require('node:fs/promises');
const { resolve } = require('node:path');
const onNode24 = require('../src/launcher/onNode24.cjs');

/**
 * What packaging checks, and what of the stack is made, for `${file(resources/stage.cjs):...}`:
 * `resources`, of the payers file and of the lists in src/programs/packaging/stackParts.ts, and
 * what other resources say of either. The framework asks for each of them by itself, and would
 * print an error as often: the stage is checked once in a process.
 */
let checked;
let isTold = false;

/** Stand for what is not made of a stage that is wrong. */
const NOTHING = { resources: {}, alarms: {} };

async function madeParts(context) {
  // The first that the framework reads of what is TypeScript, and it runs the functions themselves
  // (`sls invoke local`).
  await onNode24();
  checked ??= await check(context);
  if (checked.is === 'right') return checked.parts;
  // The first error stops the framework: whatever the others answer is never used.
  if (isTold) return NOTHING;
  isTold = true;
  const error = new Error(checked.message);
  // The framework prints the stack where there is one: whoever mends the settings needs the list
  // alone.
  throw Object.assign(error, { stack: `\n\n${checked.message}\n` });
}

/**
 * Checks the stage as the framework has resolved it. While a variable is not, its own error goes
 * through: it asks again later.
 */
async function check({ options, resolveVariable, resolveConfigurationProperty }) {
  const { checkStage } = require('../src/programs/packaging/checkStage.ts');
  const { givenParams } = require('../src/programs/packaging/givenParams.ts');
  const stage = await resolveVariable('sls:stage');
  const sections = {
    default: await resolveConfigurationProperty(['params', 'default']),
    [stage]: await resolveConfigurationProperty(['params', stage]),
  };
  const params = givenParams(sections, stage, options.param ?? []);
  const service = await resolveConfigurationProperty(['service']);
  return checkStage({ service, stage, params, payersText: await readPayersFile(params.payersFile) });
}

async function readPayersFile(path) {
  if (typeof path !== 'string') return undefined;
  return readFile(resolve(__dirname, '..', path), 'utf8').catch(({ code }) => new Error(`cannot be read (${code})`));
}

const only = (name) => async (context) => (await madeParts(context))[name] ?? [];

module.exports = {
  resources: async (context) => {
    const { resources, alarms } = await madeParts(context);
    return { Resources: { ...resources, ...alarms } };
  },
  copyPolicies: only('copyPolicies'),
  reconcilePolicies: only('reconcilePolicies'),
  ruleArns: only('ruleArns'),
  queueNames: only('queueNames'),
  deadLetterQueueNames: only('deadLetterQueueNames'),
  queueArns: only('queueArns'),
  dashboardAlarms: only('dashboardAlarms'),
  dashboardDeadLetters: only('dashboardDeadLetters'),
  dashboardErrors: only('dashboardErrors'),
  dashboardThrottles: only('dashboardThrottles'),
  // For the plugin beside this file.
  madeUpValues: () => (checked?.is === 'right' ? checked.madeUp : []),
  finished: (template) => {
    const { finishTemplate } = require('../src/programs/packaging/finishTemplate.ts');
    return checked?.is === 'right' ? finishTemplate(template, checked.params) : template;
  },
  notices: () => (checked?.is === 'right' ? checked.parts.notices : []),
};
