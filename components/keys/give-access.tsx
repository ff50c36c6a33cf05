'use client';

import { useState } from 'react';
import {
  accessSnippets,
  identityFields,
  identityIn,
  snippetKeyOf,
} from '../../lib/shared/access-snippets.ts';
import type { KeyView } from '../../lib/shared/keys-view.ts';
import { Snippet } from '../start/snippet.tsx';
import { Panel } from '../ui/panel.tsx';
import { TextField } from '../ui/text-field.tsx';
import '../start/start.css';

/** What gives the service access to the key, and has its uses logged: to copy. */
export function GiveAccess({ view: { key, users } }: { view: KeyView }) {
  const [typed, setTyped] = useState<string | null>(null);
  const known = snippetKeyOf(key);
  if (known === null) return null;
  const field = identityFields[known.cloud];
  const ours = users.flatMap(({ verdict, name }) => (verdict === 'ours' ? [name] : []));
  const shown = typed ?? identityIn(known.cloud, ours) ?? '';
  const isRight = field.pattern.test(shown);
  return (
    <Panel
      title="Give access"
      className="span-all"
      note="Allows one identity Encrypt and Decrypt, and nothing more, and switches the log on. Whoever owns the key runs it."
    >
      <TextField
        label={field.label}
        hint={
          isRight ? 'Filled in below.' : `Such as ${field.example}: it stands below until then.`
        }
        value={shown}
        fault={shown === '' || isRight ? null : `It ${field.fault}.`}
        onChange={(text) => setTyped(text.trim())}
      />
      {accessSnippets(known, isRight ? shown : field.example).map(({ label, text }) => (
        <Snippet key={label} label={label} text={text} />
      ))}
    </Panel>
  );
}
