'use client';

import { useState } from 'react';
import type { MeasureView } from '../../lib/shared/measure-view.ts';
import { turnText } from '../../lib/shared/measure-words.ts';
import { instantText, nounText } from '../../lib/shared/screen-text.ts';
import { useMeasure, useMeasurement } from '../hooks/use-keys.ts';
import { Loaded } from '../states/loaded.tsx';
import { Badge } from '../ui/badge.tsx';
import { Panel } from '../ui/panel.tsx';
import { TextField } from '../ui/text-field.tsx';

/** Measures on the key itself how long its cloud takes to obey. */
export function MeasurePanel({ id }: { id: string }) {
  const measurement = useMeasurement(id);
  return (
    <Panel
      title="Measure on a test key"
      className="span-all"
      note="Keytide asks the key each second, while you take it away and give it back in its own cloud: it changes nothing itself. Whoever uses the key loses their data meanwhile."
    >
      <Loaded request={measurement} label="Loading the measurement">
        {(view) => <Measuring view={view} />}
      </Loaded>
    </Panel>
  );
}

function Measuring({ view }: { view: MeasureView }) {
  const [typed, setTyped] = useState('');
  const measure = useMeasure(view.key);
  const { measured, isTestKey, key } = view;
  if (!isTestKey)
    return (
      <p>
        This key is not marked as a test key, so it is not measured. Whoever starts Keytide marks
        one by the variable <code>KEYTIDE_TEST_KEYS</code>; never mark a key of production.
      </p>
    );
  return (
    <div className="drill" aria-live="polite">
      {measured !== null && <Measured measured={measured} />}
      {measured?.endedAt === null ? (
        <p>
          <button
            type="button"
            className="button"
            disabled={measure.isPending}
            onClick={() => measure.mutate({ kind: 'end' })}
          >
            End the measurement
          </button>
        </p>
      ) : (
        <form
          onSubmit={(event) => {
            event.preventDefault();
            measure.mutate({ kind: 'begin', confirm: typed });
          }}
        >
          <TextField
            label="Type the key’s whole id"
            hint="Then a mistaken click measures nothing. It ends by itself after half an hour."
            value={typed}
            fault={measure.error?.message ?? null}
            onChange={(text) => setTyped(text.trim())}
          />
          <button type="submit" className="button" disabled={typed !== key || measure.isPending}>
            Begin to measure
          </button>
        </form>
      )}
    </div>
  );
}

function Measured({ measured }: { measured: NonNullable<MeasureView['measured']> }) {
  const { startedAt, endedAt, asked, turns } = measured;
  return (
    <>
      <p>
        <Badge tone={endedAt === null ? 'info' : 'plain'}>
          {endedAt === null ? 'Measuring' : 'Ended'}
        </Badge>{' '}
        since {instantText(startedAt, 'second')}
        {endedAt !== null && ` until ${instantText(endedAt, 'second')}`}: asked{' '}
        {nounText(asked, 'time')}.
      </p>
      <ul>
        {turns.map((turn) => (
          <li key={turn.at}>{turnText(turn, measured)}</li>
        ))}
      </ul>
    </>
  );
}
