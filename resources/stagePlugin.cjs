'use strict';
const { finished, madeUpValues, notices } = require('./stage.cjs');

const DEPLOYING = ['deploy', 'deploy function'];

/**
 * A plugin of the framework, for what stands only once it has resolved all variables. A clean clone
 * can be packaged with its made-up values, so that everybody may try that, and is warned of them;
 * it cannot be deployed with them: bucket names are globally unique, and nobody has these.
 */
module.exports = class StagePlugin {
  constructor(serverless, _options, { log }) {
    this.hooks = {
      initialize: () => {
        tellMadeUpValues(serverless, log);
        printNotices(serverless, log);
      },
      // The framework's last step before it writes the template: everything is in it.
      'after:aws:package:finalize:mergeCustomProviderResources': () => {
        const { provider } = serverless.service;
        provider.compiledCloudFormationTemplate = finished(provider.compiledCloudFormationTemplate);
      },
    };
  }
};

function printNotices({ processedInput }, log) {
  if (!['package', 'deploy'].includes(processedInput.commands.join(' '))) return;
  for (const notice of notices()) log.warning(notice);
}

function tellMadeUpValues({ processedInput, classes }, log) {
  const values = madeUpValues();
  if (values.length === 0) return;
  const command = processedInput.commands.join(' ');
  const list = values.map((value) => `\n  - ${value}`).join('');
  if (DEPLOYING.includes(command)) {
    throw new classes.Error(`cannot deploy made-up values, put your own in their place:${list}`, 'MADE_UP_VALUES');
  }
  if (command === 'package') log.warning(`made-up values, good for trying: sls deploy refuses them${list}`);
}
