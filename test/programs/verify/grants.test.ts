import { expect, it } from 'vitest';
import { type Grant, grantsOf, missingGrants } from '../../../src/programs/verify/grants.ts';

const grant = (privilege: string, kind: string, object: string): Grant => ({ privilege, kind, object, role: 'R' });

it('reads every privilege of a grant, whatever kind of object it is on', () => {
  expect(
    grantsOf([
      'use role securityadmin',
      'grant usage on file format D.S.F to role r',
      'grant\nusage,\ncreate table\non schema d.s to role R',
      'grant ownership on external table D.S.T\n    to role R copy current grants',
      'grant role R to role sysadmin',
    ]),
  ).toEqual([
    grant('USAGE', 'file format', 'D.S.F'),
    grant('USAGE', 'schema', 'D.S'),
    grant('CREATE TABLE', 'schema', 'D.S'),
    grant('OWNERSHIP', 'external table', 'D.S.T'),
  ]);
});

it('misses what a role does not have, and nothing on what it owns', () => {
  const wanted = [grant('SELECT', 'table', 'T'), grant('INSERT', 'table', 'T'), grant('SELECT', 'view', 'V')];
  const had = [
    { privilege: 'SELECT', object: 'T' },
    { privilege: 'OWNERSHIP', object: 'V' },
  ];
  expect(missingGrants(wanted, had)).toEqual([grant('INSERT', 'table', 'T')]);
});
