'use client';

import type { ExplainView } from '../../lib/shared/dto.ts';
import { instantText, spanText } from '../../lib/shared/screen-text.ts';
import { quietSince } from '../charts/model/quiet-since.ts';
import { PageLink } from '../ui/page-link.tsx';
import { WrappedText } from '../ui/wrapped-text.tsx';

/** Of a window that ends now, whose data do not: what was counted is no news of now. */
export function QuietNote({ view }: { view: ExplainView }) {
  const since = quietSince(view);
  if (since === null) return null;
  return (
    <p className="quiet-note">
      <WrappedText
        text={`Nothing is recorded since ${instantText(since)}, for ${spanText(view.now - since)}: the service is idle, or something does not come in. `}
      />
      <PageLink href="/connections">See what is read and who is heard</PageLink>
    </p>
  );
}
