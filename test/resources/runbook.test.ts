import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { everyAlarm } from './everyAlarm.ts';

const ROOT = new URL('../../', import.meta.url);
const read = (path: string) => readFileSync(new URL(path, ROOT), 'utf8');
const RUNBOOK = read('resources/RUNBOOK.md');
const HEADINGS = [...RUNBOOK.matchAll(/^## (.+)$/gm)].map(([, heading]) => heading);
const PARTS = ['**What it means.**', '**What readers see meanwhile.**', '**When it clears.**'];

const alarms = everyAlarm();
type Alarm = (typeof alarms)[number];
const suffixOf = ({ Properties }: Alarm) => Properties.AlarmName.replace(/^\$\{self:custom\.name\}/, '');
const headingOf = ({ Properties }: Alarm) =>
  /Runbook: resources\/RUNBOOK\.md, "(.+)"$/.exec(Properties.AlarmDescription)?.[1];

/** All of the code that writes log lines. */
function code(): string {
  return ['src', 'functions']
    .flatMap((folder) =>
      readdirSync(new URL(folder, ROOT), { recursive: true, encoding: 'utf8' }).map((name) => `${folder}/${name}`),
    )
    .filter((path) => path.endsWith('.ts'))
    .map(read)
    .join('\n');
}

describe('the runbook', () => {
  it('has a section for what each alarm says, and no other', () => {
    expect(HEADINGS.toSorted()).toEqual([...new Set(alarms.map(headingOf))].toSorted());
  });

  it('says in each section what it means, what readers see, and when it clears', () => {
    for (const section of RUNBOOK.split('\n## ').slice(1)) {
      expect(
        PARTS.filter((part) => !section.includes(part)),
        section.split('\n')[0],
      ).toEqual([]);
    }
  });

  it('leads from each alarm’s name to its section, and names no other alarm', () => {
    const rows = RUNBOOK.split('\n').filter((line) => line.startsWith('| `cur-reactor-STAGE'));
    const listed = rows.flatMap((row) => {
      const [, names = '', target = ''] = row.split('|');
      const heading = /\[(.+)\]/.exec(target)?.[1];
      return [...names.matchAll(/`(?:cur-reactor-STAGE)?(-[\w-]+)`/g)].map(([, suffix]) => `${suffix} ${heading}`);
    });
    expect(listed.toSorted()).toEqual(alarms.map((alarm) => `${suffixOf(alarm)} ${headingOf(alarm)}`).toSorted());
  });

  it('looks for log lines that the code writes', () => {
    const written = code();
    const named = [
      ...[...RUNBOOK.matchAll(/\$\.message = "([^"]+)"/g)].map(([, message = '']) => message),
      ...[...RUNBOOK.matchAll(/message in \["([^\]]+)"\]/g)].flatMap(([, list = '']) => list.split('", "')),
    ];
    expect(named.length).toBeGreaterThan(10);
    expect(named.filter((message) => !written.includes(`${message.replace('*', '')}'`))).toEqual([]);
  });
});
