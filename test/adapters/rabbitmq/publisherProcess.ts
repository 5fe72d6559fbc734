import { brokerOn, message } from './brokerWorld.ts';

/**
 * A process that publishes one message, sends its result to its parent, closes its broker, and has
 * nothing else to do.
 */
const { CREDENTIALS = '', virtualHost = '', exchange = '' } = process.env;
const broker = brokerOn(JSON.parse(CREDENTIALS), virtualHost, { exchange });
const results = await broker.publish([message('a', 'unheard-of')]);
await broker.close();
process.send?.(results, () => process.disconnect());
