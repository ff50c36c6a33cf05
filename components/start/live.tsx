import { useConnections } from '../hooks/use-connections.ts';
import { PageLink } from '../ui/page-link.tsx';
import { Panel } from '../ui/panel.tsx';
import { SenderSnippets } from './sender-snippets.tsx';
import { Snippet } from './snippet.tsx';

const policy = `{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Allow",
      "Action": "cloudtrail:LookupEvents",
      "Resource": "*"
    }
  ]
}`;

/** What goes on coming in by itself, once it is connected. */
export function Live() {
  // Where a start without options keeps it, until the server has said.
  const { tokenAt = '.keytide/ingest-token' } = useConnections().data ?? {};
  return (
    <>
      <Panel
        title="From CloudTrail, as it grows"
        note="Give the process AWS credentials with this policy, and say which Region."
      >
        <Snippet label="IAM policy" text={policy} />
        <p className="panel-foot">
          <PageLink className="button" href="/connections">
            Connect CloudTrail or another cloud’s log
          </PageLink>
        </p>
      </Panel>
      <Panel
        title="From the service itself"
        note="A service that embeds crypto-core sends its own count of every request; then nothing is guessed."
      >
        <SenderSnippets tokenAt={tokenAt} />
      </Panel>
    </>
  );
}
