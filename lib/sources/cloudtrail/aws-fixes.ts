import type { LogGap } from '../../shared/connection-view.ts';

/** Its command shows whether there are credentials, and whose. */
export const noAwsCredentials: Pick<LogGap, 'code' | 'fix'> = {
  code: 'no-credentials',
  fix: 'aws sts get-caller-identity || aws sso login',
};

/** Grants actions, parted by blanks, to the role that Keytide runs as. */
export function grantOf(actions: string, ...resources: string[]): string {
  const statement = { Effect: 'Allow', Action: actions.split(' '), Resource: resources };
  const policy = JSON.stringify({ Version: '2012-10-17', Statement: [statement] });
  return `aws iam put-role-policy --role-name ROLE --policy-name keytide --policy-document '${policy}'`;
}
