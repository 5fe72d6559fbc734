import { ensurePythonTools } from './pythonTools.ts';

/** Once before all tests, so that no two workers install at the same time. */
export default ensurePythonTools;
