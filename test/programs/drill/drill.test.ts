import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { MalformedMessage } from '../../../src/billing/messageFields.ts';
import { DrillImpossible, drill } from '../../../src/programs/drill/drill.ts';
import { drillPlan } from '../../../src/programs/drill/drillPlan.ts';
import { parseCopyMessage } from '../../../src/queue/copyMessage.ts';
import { parseTick } from '../../../src/queue/tick.ts';
import { type MotoServer, startMotoServer } from '../../aws/motoServer.ts';
import { DrillWorld } from './drillWorld.ts';

let moto: MotoServer;
let world: DrillWorld;
beforeAll(async () => {
  moto = await startMotoServer();
});
afterAll(() => moto?.close());
beforeEach(async () => {
  world = await DrillWorld.create(moto);
});

const planOf = ({ throughQueue = false } = {}) =>
  drillPlan(world.name, { alarm: 'copy-dlq', throughQueue }, `drill-of-${world.name}`);

describe('a drill', () => {
  it('is proved when the alarm comes with the message, and ends without it', async () => {
    expect(await drill(world.drilling, planOf())).toEqual({ is: 'proved' });
    expect(world.said).toEqual([
      `${world.name}-copy-dlq is OK, and notifies arn:aws:sns:us-east-2:123456789012:on-call`,
      `sent message drill-of-${world.name} to ${world.name}-copy-dlq`,
      `${world.name}-copy-dlq is ALARM after 15 s`,
      'took the message out again',
      `${world.name}-copy-dlq is OK after 15 s`,
    ]);
    expect(await world.bodies('copy-dlq')).toEqual([]);
  });

  it('through the queue waits as long as a message is tried, and says how it stands', async () => {
    let minutes = 0;
    world.meanwhile = async () => {
      minutes += 0.25;
      if (minutes > 50) await world.giveUp();
      await world.evaluateAlarm();
    };
    expect(await drill(world.drilling, planOf({ throughQueue: true }))).toEqual({ is: 'proved' });
    expect(world.said).toContain(
      `${world.name}-copy-dlq is OK after 3000 s, waiting for ALARM, at most ${600 + 5 * 720} s`,
    );
    expect([await world.bodies('copy'), await world.bodies('copy-dlq')]).toEqual([[], []]);
  });

  it('is not proved when the alarm does not come; its message is taken out all the same', async () => {
    world.meanwhile = async () => {};
    const reason = `${world.name}-copy-dlq did not come within 600 s`;
    expect(await drill(world.drilling, planOf())).toEqual({ is: 'not-proved', reason });
    expect(await world.bodies('copy-dlq')).toEqual([]);
  });

  it('is not proved when the alarm does not end, and leaves other dead letters where they are', async () => {
    let isFirst = true;
    world.meanwhile = async () => {
      if (isFirst) await world.send('copy-dlq', 'somebody else’s');
      isFirst = false;
      await world.evaluateAlarm();
    };
    const reason = `${world.name}-copy-dlq did not end within 600 s: look into the queue`;
    expect(await drill(world.drilling, planOf())).toEqual({ is: 'not-proved', reason });
    expect(await world.bodies('copy-dlq')).toEqual(['somebody else’s']);
  });

  it('sends nothing where the alarm is in alarm already: that has to be mended first', async () => {
    await world.setAlarm('ALARM');
    await expect(drill(world.drilling, planOf())).rejects.toThrow(DrillImpossible);
    expect(await world.bodies('copy-dlq')).toEqual([]);
  });

  it('sends nothing where there is no such alarm', async () => {
    const plan = { ...planOf(), alarmName: 'no-such-alarm' };
    await expect(drill(world.drilling, plan)).rejects.toThrow('there is no alarm no-such-alarm');
    expect(await world.bodies('copy-dlq')).toEqual([]);
  });

  it('that is broken off takes its message out again', async () => {
    const sleep = () => Promise.reject(new Error('broken off'));
    await expect(drill({ ...world.drilling, sleep }, planOf())).rejects.toThrow('broken off');
    expect(await world.bodies('copy-dlq')).toEqual([]);
    expect(world.said).toContain('took the message out again');
  });

  it('says so when it cannot find its message again', async () => {
    const plan = { ...planOf(), sendTo: `${world.name}-copy` };
    world.meanwhile = async () => world.setAlarm('ALARM');
    await drill(world.drilling, plan);
    expect(world.said).toContainEqual(expect.stringMatching(/^did not find message .*: take it out of .* by hand$/));
  });

  it('sends what no function can read, and none can mistake for work', () => {
    const { body } = planOf();
    expect(() => parseCopyMessage(body)).toThrow(MalformedMessage);
    expect(() => parseTick(body)).toThrow(TypeError);
  });
});
