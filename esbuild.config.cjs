'use strict';
const { readFile } = require('node:fs/promises');
const { dirname, resolve, sep } = require('node:path');
const esbuild = require('esbuild');
const { parse } = require('yaml');

/**
 * How the functions are bundled: serverless-esbuild loads its plugins from here, and `bundle` does
 * the same from a plain script. Whatever shapes a bundle is decided in this file, so that both make
 * the same one. The AWS SDK is bundled too: the runtime's own copy loads slower.
 */
const OPTIONS = {
  bundle: true,
  // Every name kept (keepNames) and source maps make loading a tenth and a sixth slower;
  // `classNames` keeps those of our own classes. Where a trace leads is found by bundling the same
  // commit again with a source map: a bundle is the same bytes whenever it is made.
  minify: true,
  format: 'cjs',
  platform: 'node',
  target: 'node24',
  // ES modules first: of CommonJS esbuild can leave nothing out, and the SDK's packages come in
  // both.
  mainFields: ['module', 'main'],
  loader: { '.sql': 'text' },
};
const DEFAULT_PAYERS_FILE = 'resources/payers.yml';
const CHECKS_FOLDER = resolve(__dirname, 'sql/checks');

/** Overrides other settings of serverless-esbuild. */
const fixedOptions = {
  name: 'fixed-options',
  setup: ({ initialOptions }) => void Object.assign(initialOptions, OPTIONS),
};

/**
 * Without the chain of credential providers, which Lambda never needs, a bundle is a sixth smaller
 * and loads a seventh faster.
 */
const environmentCredentials = {
  name: 'environment-credentials',
  setup: ({ onResolve }) => {
    const path = resolve(__dirname, 'functions/environmentCredentials.ts');
    onResolve({ filter: /^@aws-sdk\/credential-provider-node$/ }, () => ({ path }));
  },
};

/**
 * Snowflake's driver without its file transfers, without what only other clouds' logins and columns
 * of XML need, and without the history of the world's time zones: we ask for UTC. Whoever calls a
 * part that is left out gets an error that says so.
 */
const snowflakeDriver = {
  name: 'snowflake-driver',
  setup: ({ onResolve, onLoad }) => {
    const leftOut =
      /^(@azure\/.*|@google-cloud\/.*|fast-xml-parser|form-data|google-auth-library|mime-types|oauth4webapi|toml|winston)$/;
    onResolve({ filter: leftOut }, ({ path }) => ({ path, namespace: 'left-out' }));
    onResolve({ filter: /file_transfer_agent$/ }, ({ path }) => ({ path, namespace: 'left-out' }));
    onLoad({ filter: /.*/, namespace: 'left-out' }, ({ path }) => ({
      contents: `module.exports = class { constructor() { throw new Error('${path} is not in this bundle'); } };`,
    }));
    onLoad({ filter: /moment-timezone[/]data[/]packed[/]latest[.]json$/ }, () => ({
      contents: JSON.stringify({ version: 'UTC', zones: ['Etc/UTC|UTC|0|0|'], links: ['Etc/UTC|UTC'], countries: [] }),
      loader: 'json',
    }));
    // Optional parts in native code: the driver goes on without them.
    onLoad({ filter: /[.]node$/ }, () => ({ contents: '', loader: 'empty' }));
  },
};

/**
 * Our own classes keep their names: stack traces in logs say `DynamodbTable.get`, not `Gs.get`. V8
 * takes the name from the text of the class, so esbuild's keepNames, which only sets the property
 * `name`, does not help there. The name of a property is text that minifying leaves alone, and a
 * class without a name is called like the property that it is made for.
 */
const classNames = {
  name: 'class-names',
  setup: ({ onLoad }) => {
    onLoad({ filter: /[.]ts$/ }, async ({ path }) => {
      const isOurs = ['src', 'functions'].some((folder) => path.startsWith(resolve(__dirname, folder) + sep));
      const source = isOurs ? await readFile(path, 'utf8') : '';
      if (!/^(export )?class /m.test(source)) return undefined;
      const { code } = await esbuild.transform(source, { loader: 'ts', format: 'esm', target: OPTIONS.target });
      return { contents: withNamedClasses(code), loader: 'js', resolveDir: dirname(path) };
    });
  },
};

/**
 * Works on what esbuild prints: a class at the file's top level begins and ends at the beginning of
 * a line.
 */
function withNamedClasses(code) {
  const named = code.replace(
    /^class (\w+)( extends [^{\n]+)? \{\n(.*?)^\}$/gms,
    (_, name, heritage = '', body) =>
      `const ${name} = /* @__PURE__ */ onlyValue({ ${name}: class${heritage} {\n${body}} });`,
  );
  return `const onlyValue = (holder) => Object.values(holder)[0];\n${named}`;
}

/**
 * `import payers from 'payers:configuration'`: a payers file, read and checked now, so that a wrong
 * one is never deployed.
 */
const payersConfiguration = (payersFile) => ({
  name: 'payers-configuration',
  setup: ({ onResolve, onLoad }) => {
    onResolve({ filter: /^payers:configuration$/ }, () => ({ path: payersFile, namespace: 'payers' }));
    onLoad({ filter: /.*/, namespace: 'payers' }, async ({ path }) => {
      try {
        const payers = parsePayersFile(await readFile(path, 'utf8'));
        return { contents: JSON.stringify(payers), loader: 'json', watchFiles: [path] };
      } catch (error) {
        return { errors: [{ text: `${path}: ${error.message}` }], watchFiles: [path] };
      }
    });
  },
});

/** The wastage script with its checks: a wrong one is never deployed. */
const wastageScript = {
  name: 'wastage-script',
  setup: ({ onLoad }) => {
    onLoad({ filter: /analytics_wastage_queries[.]sql$/ }, async ({ path }) => {
      const folder = dirname(path);
      const watched = { watchFiles: [path], watchDirs: [resolve(folder, 'checks')] };
      try {
        const { loadWastageScript } = ownModule('./src/analytics/checks/readChecks.ts');
        const { compactScript } = ownModule('./src/analytics/checks/compact.ts');
        return { contents: compactScript(await loadWastageScript(folder)), loader: 'text', ...watched };
      } catch (error) {
        return { errors: [{ text: error.message }], ...watched };
      }
    });
  },
};

/** `import titles from 'checks:titles'`: what the checks of the script are called, by their names. */
const checkTitles = {
  name: 'check-titles',
  setup: ({ onResolve, onLoad }) => {
    onResolve({ filter: /^checks:titles$/ }, () => ({ path: CHECKS_FOLDER, namespace: 'checks' }));
    onLoad({ filter: /.*/, namespace: 'checks' }, async ({ path }) => {
      try {
        const checks = await ownModule('./src/analytics/checks/readChecks.ts').readChecks(path);
        const titles = Object.fromEntries(checks.map(({ id, header }) => [id, header.title]));
        return { contents: JSON.stringify(titles), loader: 'json', watchDirs: [path] };
      } catch (error) {
        return { errors: [{ text: error.message }], watchDirs: [path] };
      }
    });
  },
};

function parsePayersFile(text) {
  const { parsePayers } = ownModule('./src/config/payers.ts');
  return parsePayers(parse(text));
}

/** A module of the project's own, in TypeScript. */
function ownModule(path) {
  if (!process.features.typescript) {
    throw new Error(
      `packaging needs Node.js 24, this is ${process.version}: start it by node src/launcher/onNode24.cjs SCRIPT`,
    );
  }
  return require(path);
}

const plugins = (payersFile) => [
  fixedOptions,
  environmentCredentials,
  snowflakeDriver,
  classNames,
  wastageScript,
  checkTitles,
  payersConfiguration(payersFile),
];

/** For serverless-esbuild: the payers file is the service's `custom.payersFile`. */
module.exports = ({ service, serviceDir = __dirname }) =>
  plugins(resolve(serviceDir, service.custom?.payersFile ?? DEFAULT_PAYERS_FILE));

module.exports.options = OPTIONS;

module.exports.bundle = async (entry, outfile, { payersFile = resolve(__dirname, DEFAULT_PAYERS_FILE) } = {}) => {
  const built = await esbuild.build({
    entryPoints: [entry],
    outfile,
    metafile: true,
    plugins: plugins(payersFile),
    logLevel: 'silent',
  });
  return built.metafile;
};
