import { sweepAndSurvey } from '../../src/sweep/survey.ts';
import { type Behaviour, LambdaWorld } from '../finalize/lambdaWorld.ts';
import { NOT_VISIBLE_ALARM, PROD } from '../virtualTime/deployed.ts';
import { atLeast, atMost, type Line, linesAbout, type Play } from './lines.ts';

const MAX_MINUTES = 90;
const MOST_HOURS = 24;
const OUTAGE_HOURS = 12;
const SWEEP_SECONDS = 300;

export interface DueAtOnce {
  readonly payers: number;
}

/** Payers that are due at once, of whom each takes 8 s. */
export async function finalizeLines(play: Play<DueAtOnce>): Promise<Line[]> {
  const { size } = play;
  const { world, isAlarmRaised } = await played(play, size.payers);
  return linesAbout(`finalize, ${counted(size)} due at once`, [
    ...published(world, size.payers),
    { what: 'not-visible alarm raised', measured: Number(isAlarmRaised), ...atMost(0) },
  ]);
}

/** The same, while the statements of one in three payers never end. */
export async function hangingLines(play: Play<DueAtOnce>): Promise<Line[]> {
  const { size } = play;
  const hangs = (payer: string) => Number(payer) % 3 === 0;
  const others = Array.from({ length: size.payers }, (_, nth) => 100_000_000_000 + nth).filter(
    (payer) => payer % 3 !== 0,
  );
  const { world } = await played(play, others.length, { hangs });
  return linesAbout(
    `finalize, ${counted(size)} due at once, 1 of 3 hanging: the others`,
    published(world, others.length),
  );
}

/** The same, while no statement is answered for twelve hours; then everything is worked off. */
export async function outageLines(play: Play<DueAtOnce>): Promise<Line[]> {
  const { size } = play;
  const lines: Line[] = [];
  for (const state of ['refusing', 'hanging'] as const) {
    const stateAt = (hours: number) => (hours < OUTAGE_HOURS ? state : 'well');
    const { world, isAlarmRaised } = await played(play, size.payers, { stateAt });
    const about = `finalize, ${counted(size)}, Snowflake ${state} for ${OUTAGE_HOURS} hours`;
    lines.push(
      ...linesAbout(about, [
        { what: 'not published', measured: size.payers - world.published, ...atMost(0) },
        {
          what: 'worked off after its end',
          measured: world.lastPublishedMinutes - OUTAGE_HOURS * 60,
          unit: 'minutes',
          ...atMost(MAX_MINUTES),
        },
        { what: 'payers blamed', measured: blames(world), ...atMost(0) },
        { what: 'not-visible alarm raised', measured: Number(isAlarmRaised), ...atLeast(1) },
      ]),
    );
  }
  return lines;
}

function counted({ payers }: DueAtOnce): string {
  return `${payers.toLocaleString('en')} payers`;
}

/** How often a payer was reported as the one whose data do not register or verify. */
function blames({ base }: LambdaWorld): number {
  return base.reported('registration-failed').length + base.reported('verification-failed').length;
}

function published(world: LambdaWorld, wanted: number): Omit<Line, 'about'>[] {
  return [
    { what: 'not published', measured: wanted - world.published, ...atMost(0) },
    {
      what: 'until the last is published',
      measured: world.lastPublishedMinutes,
      unit: 'minutes',
      ...atMost(MAX_MINUTES),
    },
    { what: 'invocations killed, dead letters', measured: world.killed + world.deadLetters, ...atMost(0) },
  ];
}

/** Until so many are published. */
async function played({ size, say }: Play<DueAtOnce>, wanted: number, behaviour: Partial<Behaviour> = {}) {
  const world = await LambdaWorld.withPayers(size.payers, behaviour);
  try {
    const hours = watchNotVisible(world, say);
    await world.play(MOST_HOURS, () => world.published >= wanted);
    return { world, isAlarmRaised: isRaised(hours) };
  } finally {
    world.close();
  }
}

/** What each sweep says of how long files have been staged that nobody sees, by its time. */
function watchNotVisible(world: LambdaWorld, say: (progress: string) => void): Map<number, number> {
  const hours = new Map<number, number>();
  const survey = () => {
    say(`${world.hours.toFixed(1)} h: ${world.published} of ${world.partitions.length} payers published`);
    void sweepAndSurvey({
      ledger: world.base.ledger,
      finalizeQueue: { send: async () => {} },
      debounce: world.base.settings,
      fallback: { sources: [] },
      staleAfterHours: PROD.staleAfterHours,
      payerMetrics: PROD.payerMetrics,
      now: () => world.base.now,
      report: (event) => {
        if (event.what === 'surveyed') hours.set(world.hours, event.notVisibleHours);
      },
    });
    world.clock.setTimer(survey, SWEEP_SECONDS * 1000);
  };
  world.clock.setTimer(survey, SWEEP_SECONDS * 1000);
  return hours;
}

/** Whether so many periods in a row were beyond the alarm's threshold. */
function isRaised(hours: ReadonlyMap<number, number>): boolean {
  const { periodSeconds, evaluationPeriods } = NOT_VISIBLE_ALARM;
  const beyond = new Set<number>();
  for (const [at, notVisible] of hours) {
    if (notVisible >= PROD.notVisibleAfterHours) beyond.add(Math.floor((at * 3600) / periodSeconds));
  }
  return [...beyond].some((period) =>
    Array.from({ length: evaluationPeriods }, (_, nth) => period + nth).every((one) => beyond.has(one)),
  );
}
